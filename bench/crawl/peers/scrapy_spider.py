"""Scrapy, 100 requests at a time, nothing stored: `python3 scrapy_spider.py BASE COUNT`."""

import json
import resource
import sys
import time

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.linkextractors import LinkExtractor


class Pages(scrapy.Spider):
    name = "pages"
    start_urls = [sys.argv[1] + "/page/0.html"]
    links = LinkExtractor()
    seen = set()

    def parse(self, response):
        # The first page comes twice: as the start, which is not filtered, and by a link.
        if response.url in self.seen:
            return
        self.seen.add(response.url)
        for link in self.links.extract_links(response):
            yield response.follow(link, self.parse)


process = CrawlerProcess(
    {
        "CONCURRENT_REQUESTS": 100,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 100,
        "ROBOTSTXT_OBEY": True,
        "LOG_LEVEL": "ERROR",
        "TELNETCONSOLE_ENABLED": False,
        "REQUEST_FINGERPRINTER_IMPLEMENTATION": "2.7",
    }
)
process.crawl(Pages)
started = time.perf_counter()
process.start()
seconds = time.perf_counter() - started
used = resource.getrusage(resource.RUSAGE_SELF)
cpu = used.ru_utime + used.ru_stime
print(json.dumps({"pages": len(Pages.seen), "seconds": seconds, "cpu": cpu, "megabytes": used.ru_maxrss / 1024}))
