"""The pages that can be reached in a directory of HTML, by another parser and without a server: `walk.py DIRECTORY START`
prints JSON. What bench/crawl/manuals.ts compares a crawl with."""

import json
import os
import re
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

SITE = "http://manual.test"


class Links(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.hrefs, self.base, self.nofollow = [], None, False

    def handle_starttag(self, tag, pairs):
        found = {}
        for name, value in pairs:
            found.setdefault(name, value or "")
        rel = found.get("rel", "").lower().split()
        if tag == "base" and self.base is None and "href" in found:
            self.base = found["href"]
        elif tag in ("a", "area") and "href" in found and "nofollow" not in rel:
            self.hrefs.append(found["href"])
        elif tag in ("frame", "iframe") and "src" in found:
            self.hrefs.append(found["src"])
        elif tag == "link" and "canonical" in rel and "href" in found:
            self.hrefs.append(found["href"])
        elif tag == "meta":
            content = found.get("content", "")
            if found.get("http-equiv", "").lower() == "refresh":
                match = re.match(r"\s*\d+[^;,]*[;,]\s*(?:url\s*=\s*)?['\"]?([^'\"]+)", content, re.I)
                if match:
                    self.hrefs.append(match[1])
            if found.get("name", "").lower() == "robots" and "nofollow" in content.lower():
                self.nofollow = True

    handle_startendtag = handle_starttag


def links_of(path, url):
    with open(path, "rb") as file:
        parser = Links()
        parser.feed(file.read().decode("utf-8", "replace"))
    if parser.nofollow:
        return
    base = urljoin(url, parser.base) if parser.base else url
    for href in parser.hrefs:
        try:
            # As the URL standard has it, which urljoin is older than: no tabs and line ends, "\\" is "/".
            href = re.sub(r"[\t\n\r]", "", href.strip()).replace("\\", "/")
            target = urldefrag(urljoin(base, href))[0]
            split = urlsplit(target)
        except ValueError:
            continue
        if f"{split.scheme}://{split.netloc}" == SITE:
            yield unquote(split.path) or "/", split.query


def walk(directory, start):
    queue, seen = [(start, "")], {(start, "")}
    pages, missing, others = [], [], []
    while queue:
        path, query = queue.pop()
        name = path + ("?" + query if query else "")
        file = directory + os.path.normpath(path)
        if os.path.isdir(file):
            if not path.endswith("/"):
                target = (path + "/", query)
                if target not in seen:
                    seen.add(target)
                    queue.append(target)
                continue
            file = os.path.join(file, "index.html")
        if not os.path.isfile(file):
            missing.append(name)
        elif not file.endswith((".html", ".htm", ".xhtml")):
            others.append(name)
        else:
            pages.append(name)
            for target in links_of(file, SITE + path):
                if target not in seen:
                    seen.add(target)
                    queue.append(target)
    return {"pages": sorted(pages), "missing": sorted(missing), "others": sorted(others)}


json.dump(walk(sys.argv[1].rstrip("/"), sys.argv[2]), sys.stdout)
