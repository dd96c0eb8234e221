import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'

/** An answer, byte by byte, and where it was found. */
export interface OddAnswer {
  readonly name: string
  /** The RFC or the folder of web-platform-tests that it comes from. */
  readonly from: string
  /** What is sent, by path below that of the case; `''` is the page that is asked for first. */
  readonly answers: Readonly<Record<string, Uint8Array | string>>
}

const links = '<a href=one>1</a><a href="/two?x=1">2</a>'
const html = `<!doctype html><title>Odd</title>${links}`

/** A text as it is sent: each character is a byte. */
function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** An answer of HTTP/1.1 that ends with its connection. */
function answer(
  body: Uint8Array | string,
  headers: readonly string[] = ['Content-Type: text/html'],
  status = 'HTTP/1.1 200 OK',
): Buffer {
  const head = [status, ...headers, 'Connection: close', '', ''].join('\r\n')
  return Buffer.concat([bytes(head), typeof body === 'string' ? bytes(body) : body])
}

/** A page by its markup alone. */
function markup(name: string, from: string, body: string): OddAnswer {
  const text = Buffer.from(`<!doctype html><meta charset=utf-8>${body}`)
  return { name, from, answers: { '': answer(text) } }
}

/** A page by its head alone. */
function headed(
  name: string,
  from: string,
  headers: readonly string[],
  body: Uint8Array | string = html,
): OddAnswer {
  return {
    name,
    from,
    answers: { '': answer(body, headers) },
  }
}

function raw(name: string, from: string, text: Uint8Array | string): OddAnswer {
  const sent = typeof text === 'string' ? bytes(text) : text
  return { name, from, answers: { '': sent } }
}

/** An answer that redirects, and what is at every place that it may mean. */
function redirect(
  name: string,
  from: string,
  headers: readonly string[],
  status = 'HTTP/1.1 302 Found',
): OddAnswer {
  return {
    name,
    from,
    answers: { '': answer('<title>Before</title>', headers, status), '*': answer(html) },
  }
}

const type = 'Content-Type: text/html'
const utf16 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, 'utf16le')

export const oddAnswers: readonly OddAnswer[] = [
  // What is said before the body.
  raw('no reason phrase', 'RFC 9112 4', `HTTP/1.1 200\r\n${type}\r\n\r\n${html}`),
  raw(
    'HTTP/1.0, ended by its connection',
    'RFC 9112 6.3',
    `HTTP/1.0 200 OK\r\n${type}\r\n\r\n${html}`,
  ),
  raw(
    'version in small letters',
    'wpt fetch/h1-parsing',
    `http/1.1 200 OK\r\n${type}\r\n\r\n${html}`,
  ),
  raw(
    'an empty line before the status',
    'RFC 9112 2.2',
    `\r\nHTTP/1.1 200 OK\r\n${type}\r\n\r\n${html}`,
  ),
  raw('a version of the future', 'RFC 9110 2.5', `HTTP/1.9 200 OK\r\n${type}\r\n\r\n${html}`),
  raw(
    'several blanks in the status line',
    'wpt fetch/h1-parsing',
    `HTTP/1.1  200  OK\r\n${type}\r\n\r\n${html}`,
  ),
  raw('a status that nobody knows', 'RFC 9110 15', `HTTP/1.1 299 Odd\r\n${type}\r\n\r\n${html}`),
  raw(
    'a status of four digits',
    'wpt fetch/h1-parsing',
    `HTTP/1.1 2000 OK\r\n${type}\r\n\r\n${html}`,
  ),
  raw(
    '100 and 103 before the answer',
    'RFC 9110 15.2, RFC 8297',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n${type}\r\nConnection: close\r\n\r\n${html}`,
  ),
  raw(
    'lines that end in LF',
    'RFC 9112 2.2',
    `HTTP/1.1 200 OK\n${type}\nConnection: close\n\n${html}`,
  ),
  raw(
    'a header that goes on in the next line',
    'RFC 9112 5.2',
    `HTTP/1.1 200 OK\r\nContent-Type:\r\n text/html\r\nConnection: close\r\n\r\n${html}`,
  ),
  raw(
    'a blank before the colon',
    'RFC 9112 5.1',
    `HTTP/1.1 200 OK\r\nContent-Type : text/html\r\nConnection: close\r\n\r\n${html}`,
  ),
  raw(
    'a line without a colon',
    'wpt fetch/h1-parsing',
    `HTTP/1.1 200 OK\r\nodd\r\n${type}\r\nConnection: close\r\n\r\n${html}`,
  ),
  raw(
    'a header without a name',
    'wpt fetch/h1-parsing',
    `HTTP/1.1 200 OK\r\n: odd\r\n${type}\r\nConnection: close\r\n\r\n${html}`,
  ),
  raw(
    'NUL in a header',
    'wpt fetch/h1-parsing',
    `HTTP/1.1 200 OK\r\nX-Odd: a\0b\r\n${type}\r\nConnection: close\r\n\r\n${html}`,
  ),
  raw(
    'CR alone in a header',
    'wpt fetch/h1-parsing',
    `HTTP/1.1 200 OK\r\nX-Odd: a\rb\r\n${type}\r\nConnection: close\r\n\r\n${html}`,
  ),
  raw(
    'control bytes in a header',
    'wpt fetch/h1-parsing',
    `HTTP/1.1 200 OK\r\nX-Odd: a\x01\x7fb\r\n${type}\r\nConnection: close\r\n\r\n${html}`,
  ),
  headed('a header of 100 kB', 'RFC 9110 5.4', [type, `X-Long: ${'x'.repeat(100_000)}`]),
  headed('three hundred cookies', 'RFC 6265 6.1', [
    type,
    ...Array.from({ length: 300 }, (_, n) => `Set-Cookie: c${n}=${n}`),
  ]),

  // How long the body is.
  headed('one length twice', 'RFC 9110 8.6', [
    type,
    `Content-Length: ${html.length}`,
    `Content-Length: ${html.length}`,
  ]),
  headed('one length twice in one line', 'wpt fetch/content-length', [
    type,
    `Content-Length: ${html.length}, ${html.length}`,
  ]),
  headed('two lengths', 'wpt fetch/content-length', [
    type,
    `Content-Length: ${html.length}`,
    'Content-Length: 9',
  ]),
  headed('a length with a sign', 'RFC 9110 8.6', [type, `Content-Length: +${html.length}`]),
  headed('a length that is no number', 'wpt fetch/content-length', [type, 'Content-Length: many']),
  headed('a length that is smaller', 'RFC 9112 6.3', [
    type,
    `Content-Length: ${html.length - '<a href="/two?x=1">2</a>'.length}`,
  ]),
  headed('a length that is greater', 'RFC 9112 8', [type, 'Content-Length: 9999']),
  headed(
    'chunks with extensions',
    'RFC 9112 7.1.1',
    [type, 'Transfer-Encoding: chunked'],
    `${html.length.toString(16)};odd="a;b"\r\n${html}\r\n0\r\n\r\n`,
  ),
  headed(
    'chunks in capitals, with zeros',
    'RFC 9112 7.1',
    [type, 'Transfer-Encoding: CHUNKED'],
    `000${html.length.toString(16).toUpperCase()}\r\n${html}\r\n000\r\n\r\n`,
  ),
  headed(
    'chunks with a trailer',
    'RFC 9112 7.1.2',
    [type, 'Transfer-Encoding: chunked', 'Trailer: X-Odd'],
    `${html.length.toString(16)}\r\n${html}\r\n0\r\nX-Odd: 1\r\n\r\n`,
  ),
  headed(
    'chunks without an end',
    'RFC 9112 8',
    [type, 'Transfer-Encoding: chunked'],
    `${html.length.toString(16)}\r\n${html}\r\n`,
  ),
  headed(
    'a chunk of no size',
    'wpt fetch/h1-parsing',
    [type, 'Transfer-Encoding: chunked'],
    `\r\n${html}\r\n0\r\n\r\n`,
  ),
  headed(
    'chunks beside a length',
    'RFC 9112 6.3',
    [type, 'Transfer-Encoding: chunked', 'Content-Length: 9'],
    `${html.length.toString(16)}\r\n${html}\r\n0\r\n\r\n`,
  ),
  headed('Transfer-Encoding identity', 'RFC 2616 3.6', [type, 'Transfer-Encoding: identity'], html),

  // How it is packed.
  headed('x-gzip', 'RFC 9110 8.4.1.3', [type, 'Content-Encoding: x-gzip'], gzipSync(html)),
  headed(
    'deflate as the standard says',
    'RFC 9110 8.4.1.2',
    [type, 'Content-Encoding: deflate'],
    deflateSync(html),
  ),
  headed(
    'deflate without its head',
    'RFC 9110 8.4.1.2',
    [type, 'Content-Encoding: deflate'],
    deflateRawSync(html),
  ),
  headed(
    'packed twice',
    'wpt fetch/content-encoding',
    [type, 'Content-Encoding: gzip, br'],
    brotliCompressSync(gzipSync(html)),
  ),
  headed(
    'packed twice by gzip',
    'wpt fetch/content-encoding',
    [type, 'Content-Encoding: gzip', 'Content-Encoding: gzip'],
    gzipSync(gzipSync(html)),
  ),
  headed(
    'zstd that was not asked for by a name in capitals',
    'RFC 8878',
    [type, 'Content-Encoding: ZSTD'],
    zstdCompressSync(html),
  ),
  headed(
    'gzip of two members',
    'RFC 1952 2.2',
    [type, 'Content-Encoding: gzip'],
    Buffer.concat([gzipSync('<!doctype html><title>Odd</title>'), gzipSync(links)]),
  ),
  headed(
    'gzip with zeros behind',
    'RFC 1952 2.2',
    [type, 'Content-Encoding: gzip'],
    Buffer.concat([gzipSync(html), Buffer.alloc(20)]),
  ),
  headed(
    'gzip that is cut off',
    'wpt fetch/content-encoding',
    [type, 'Content-Encoding: gzip'],
    gzipSync(
      html +
        ' '.repeat(50_000) +
        Array.from({ length: 9000 }, (_, n) => String(n * 7919)).join(' '),
    ).subarray(0, 9000),
  ),
  headed('gzip that is none', 'wpt fetch/content-encoding', [type, 'Content-Encoding: gzip'], html),
  headed('an empty coding', 'wpt fetch/content-encoding', [type, 'Content-Encoding: '], html),
  headed(
    'a coding that nobody knows',
    'wpt fetch/content-encoding',
    [type, 'Content-Encoding: odd'],
    html,
  ),

  // What it is.
  headed('no type, and a page', 'WHATWG mimesniff 7.1', []),
  headed('no type, and a text', 'WHATWG mimesniff 7.1', [], `Hello, ${links}`),
  headed('no type, and nosniff', 'wpt fetch/nosniff', ['X-Content-Type-Options: nosniff']),
  headed('an empty type', 'wpt mimesniff', ['Content-Type: ']),
  headed('a type that is none', 'wpt mimesniff/mime-types', ['Content-Type: html']),
  headed('any type', 'WHATWG mimesniff 7', ['Content-Type: */*']),
  headed('an unknown type', 'WHATWG mimesniff 7', ['Content-Type: unknown/unknown']),
  headed('plain text', 'WHATWG mimesniff 7', ['Content-Type: text/plain']),
  headed('a type in capitals', 'RFC 9110 8.3.1', ['Content-Type: TEXT/HTML;CHARSET=UTF-8']),
  headed('two types', 'Fetch 2.2.2', ['Content-Type: text/plain', 'Content-Type: text/html']),
  headed('a type and then none', 'Fetch 2.2.2', ['Content-Type: text/html', 'Content-Type: odd']),
  headed('a type with parameters that are none', 'wpt mimesniff/mime-types', [
    'Content-Type: text/html;;=;charset',
  ]),
  headed(
    'an attachment',
    'RFC 6266',
    [type, 'Content-Disposition: attachment; filename=odd.html'],
    html,
  ),
  headed(
    'XHTML that is well-formed',
    'wpt html/the-xhtml-syntax',
    ['Content-Type: application/xhtml+xml'],
    '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Odd</title></head><body><a href="one"/><![CDATA[<a href="no">]]><a href="/two?x=1">2</a></body></html>',
  ),
  headed(
    'a page of XML',
    'wpt html/the-xhtml-syntax',
    ['Content-Type: text/xml'],
    '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Odd</title></head><body><a href="one">1</a></body></html>',
  ),

  // In which letters.
  headed(
    'a byte order mark against the header',
    'WHATWG encoding 6',
    ['Content-Type: text/html;charset=iso-8859-1'],
    Buffer.from('\uFEFF<title>H\u00e4y</title><a href=\u00e4?\u00e4>'),
  ),
  headed(
    'UTF-16 by its mark',
    'WHATWG encoding 6',
    [type],
    utf16('<title>H\u00e4y</title><a href=\u00e4?\u00e4>'),
  ),
  headed(
    'meta that says UTF-16',
    'HTML 13.2.3.2',
    [type],
    Buffer.from('<meta charset=utf-16><title>H\u00e4y</title><a href=\u00e4?\u00e4>'),
  ),
  headed(
    'meta against the header',
    'HTML 13.2.3.2',
    ['Content-Type: text/html;charset=utf-8'],
    Buffer.from('<meta charset=windows-1252><title>H\u00e4y</title><a href=\u00e4?\u00e4>'),
  ),
  headed(
    'a charset in single quotes',
    'wpt mimesniff/mime-types',
    ["Content-Type: text/html;charset='utf-8'"],
    Buffer.from('<meta charset=utf-8><title>H\u00e4y</title><a href=\u00e4?\u00e4>'),
  ),
  headed(
    'Shift_JIS',
    'wpt encoding/legacy-mb-japanese',
    ['Content-Type: text/html;charset=x-sjis'],
    Buffer.concat([
      bytes('<title>'),
      Buffer.from([0x93, 0xfa, 0x96, 0x7b]),
      bytes('</title><a href=p?q='),
      Buffer.from([0x93, 0xfa]),
      bytes('>'),
    ]),
  ),
  headed(
    'ISO-2022-JP in a query',
    'wpt encoding/legacy-mb-japanese',
    ['Content-Type: text/html;charset=iso-2022-jp'],
    Buffer.concat([
      bytes('<title>'),
      Buffer.from('1b244246 7c1b2842'.replaceAll(' ', ''), 'hex'),
      bytes('</title><a href=p?q='),
      Buffer.from('1b2442467c1b2842', 'hex'),
      bytes('>'),
    ]),
  ),
  headed(
    'UTF-7',
    'WHATWG encoding 4.2',
    ['Content-Type: text/html;charset=utf-7'],
    bytes('<title>H+AOQ-y</title><a href=+AOQ->'),
  ),
  headed(
    'a charset that nobody knows',
    'HTML 13.2.3.2',
    ['Content-Type: text/html;charset=odd'],
    bytes('<title>H\xe4y</title><a href=\xe4>'),
  ),
  headed(
    'x-user-defined in meta',
    'HTML 13.2.3.2',
    [type],
    bytes('<meta charset=x-user-defined><title>H\xe4y</title><a href=?\xe4>'),
  ),
  headed(
    'meta in a comment, then in a script, then for real',
    'HTML 13.2.3.2',
    [type],
    bytes(
      '<!-- <meta charset=utf-8> --><script>"<meta charset=utf-8>"</script><meta charset=iso-8859-2><title>\xb1</title><a href=?\xb1>',
    ),
  ),
  headed(
    'http-equiv as it was',
    'HTML 13.2.3.2',
    [type],
    bytes(
      '<meta content="text/html; charset=iso-8859-2" http-equiv=Content-Type><title>\xb1</title><a href=?\xb1>',
    ),
  ),

  // Where links lead.
  markup(
    'base',
    'HTML 4.2.3',
    '<a href=one>1</a><base target=_top><base href=/b/><base href=/c/><a href=two>2</a>',
  ),
  markup('base that is no URL', 'HTML 4.2.3', '<base href="http://a b/"><a href=one>1</a>'),
  markup('base of another kind', 'HTML 4.2.3', '<base href="data:text/plain,x"><a href=one>1</a>'),
  markup(
    'tabs, line feeds and blanks in a link',
    'wpt url',
    '<a href=" \n o\tn\r\ne \f">1</a><a href="a b?c d">2</a>',
  ),
  markup('backslashes', 'wpt url', '<a href="\\a\\b">1</a><a href="\\\\127.0.0.1:1\\x">2</a>'),
  markup(
    'too few and too many slashes',
    'wpt url',
    '<a href="http:one">1</a><a href="http:/two">2</a><a href="http:///127.0.0.1:1/x">3</a>',
  ),
  markup('dots', 'wpt url', '<a href="../..//a/./b/%2e%2e/c">1</a><a href="%2E/d">2</a>'),
  markup(
    'hosts of all kinds',
    'wpt url',
    '<a href="http://0x7f.1:1/">1</a><a href="http://b\u00fccher.test/">2</a><a href="http://ex%41mple.test/">3</a><a href="http://[::ffff:7f00:1]:1/">4</a><a href="http://a..test./">5</a>',
  ),
  markup(
    'hosts that are none',
    'wpt url',
    '<a href="http://a b/">1</a><a href="http://a:99999/">2</a><a href="http://[1::2::3]/">3</a><a href="http://%00/">4</a><a href=one>5</a>',
  ),
  markup(
    'letters and signs',
    'wpt url',
    '<a href="/\u00fc?\u00fc#\u00fc">1</a><a href="/{}|^`?{}|^`\'">2</a><a href="/%zz%2">3</a><a href="/a;b=c,d">4</a>',
  ),
  markup(
    'character references',
    'HTML 13.2.5.73',
    '<a href="?a=1&amp;b=2&copy=3&notit;=4&lt=5&para;=6">1</a><a href="?a&#x62;&#0;&#x80;">2</a>',
  ),
  markup(
    'links that are not for crawlers',
    'HTML 4.6.1',
    '<a href="javascript:x">1</a><a href="mailto:a@b.test">2</a><a href="">3</a><a href="#x">4</a><a>5</a><a href=one download>6</a>',
  ),

  // How a page is read.
  markup(
    'text that is no markup',
    'HTML 13.2.5',
    '<script>"<a href=a>"</script><style><a href=b></style><textarea><a href=c></textarea><xmp><a href=d></xmp><iframe><a href=e></iframe><noembed><a href=f></noembed><noframes><a href=g></noframes><a href=one>1</a>',
  ),
  markup('a template', 'HTML 4.12.3', '<template><a href=a>1</a></template><a href=one>2</a>'),
  markup('noscript', 'HTML 4.12.2', '<noscript><a href=a>1</a></noscript><a href=one>2</a>'),
  markup('plaintext', 'HTML 13.2.6.4.7', '<a href=one>1</a><plaintext></plaintext><a href=a>2</a>'),
  markup(
    'comments that end soon',
    'HTML 13.2.5.43',
    '<!--><a href=one>1</a><!---><a href=two>2</a><!-- --!><a href=three>3</a><!-- -- ><a href=no>4</a>--><a href=four>5</a>',
  ),
  markup(
    'comments that are none',
    'HTML 13.2.5.41',
    '<?php <a href=no> ?><a href=one>1</a><![CDATA[<a href=no2>]]><a href=two>2</a></ <a href=no3>><a href=three>3</a>',
  ),
  markup(
    'attributes in every way',
    'HTML 13.2.5.32',
    '<a/href=one>1</a><A HREF=two HREF=no>2</A><a href = three class>3</a><a href=four/>4</a><a x="<a href=no2>" href=five>5</a><a =href=no3>6</a><a "href=no4">7</a>',
  ),
  markup('tags without an end', 'HTML 13.2.5', '<a href=one <b>1</b><a href=two'),
  markup(
    'SVG and MathML',
    'SVG 2 16',
    '<svg><title>No</title><a href=one><text>1</text></a><a xlink:href=two><text>2</text></a><![CDATA[<a href=no>]]></svg><math><a href=three>3</a></math>',
  ),
  markup(
    'areas, and links in tables and lists of choices',
    'HTML 13.2.6',
    '<map><area href=one><area></map><table><a href=two>2</a><tr><td><a href=three>3</a></table><select><a href=four>4</a></select>',
  ),
  markup(
    'several titles',
    'HTML 4.2.2',
    '<body><svg><title>No</title></svg><title> A \n&amp;\t b </title><title>Second</title>',
  ),
  markup('a title with tags in it', 'HTML 13.2.5.2', '<title>a <b>b</b> <!-- c --></title>'),
  markup('a title that is not there', 'HTML 4.2.2', '<p><a href=one>1</a>'),
  markup(
    'frames',
    'HTML 16.2',
    '<frameset><frame src=f><noframes><a href=no>1</a></noframes></frameset><a href=no2>2</a>',
  ),
  raw(
    'NUL in tags and links',
    'HTML 13.2.5',
    answer(
      '<!doctype html><ti\0tle>No</ti\0tle><title>O\0dd</title><a href="o\0ne">1</a><a hr\0ef=no>2</a>',
    ),
  ),

  // Where answers lead.
  redirect('Location relative to here', 'RFC 9110 10.2.2', ['Location: next?x']),
  redirect('Location with a fragment', 'wpt fetch/api/redirect', ['Location: next#part']),
  redirect('Location in UTF-8', 'wpt fetch/api/redirect', [`Location: n\xc3\xa4xt?\xc3\xa4`]),
  redirect('Location in Latin-1', 'wpt fetch/api/redirect', ['Location: n\xe4xt?\xe4']),
  redirect('Location with blanks and backslashes', 'wpt fetch/api/redirect', [
    'Location:  a b\\c ',
  ]),
  redirect('Location that is empty', 'wpt fetch/api/redirect', ['Location: ']),
  redirect('Location that is no URL', 'wpt fetch/api/redirect', ['Location: http://a b/']),
  redirect('Location of another kind', 'wpt fetch/api/redirect', [
    'Location: data:text/html,<title>No</title>',
  ]),
  redirect('Location twice, the same', 'wpt fetch/api/redirect', [
    'Location: next',
    'Location: next',
  ]),
  redirect('Location twice, another', 'wpt fetch/api/redirect', [
    'Location: next',
    'Location: other',
  ]),
  redirect('302 without Location', 'RFC 9110 15.4', [type]),
  redirect(
    '300 with Location',
    'RFC 9110 15.4.1',
    [type, 'Location: next'],
    'HTTP/1.1 300 Multiple Choices',
  ),
  redirect(
    '305 with Location',
    'RFC 9110 15.4.6',
    [type, 'Location: next'],
    'HTTP/1.1 305 Use Proxy',
  ),
  redirect(
    '304 that was not asked for',
    'RFC 9110 15.4.5',
    ['ETag: "x"'],
    'HTTP/1.1 304 Not Modified',
  ),
  redirect('200 with Location', 'RFC 9110 10.2.2', [type, 'Location: next'], 'HTTP/1.1 200 OK'),
  redirect(
    '201 with Location',
    'RFC 9110 15.3.2',
    [type, 'Location: next'],
    'HTTP/1.1 201 Created',
  ),
  redirect(
    '206 that was not asked for',
    'RFC 9110 15.3.7',
    [type, 'Content-Range: bytes 0-20/999'],
    'HTTP/1.1 206 Partial Content',
  ),
  redirect('Refresh as a header', 'HTML 7.4.3', [type, 'Refresh: 0;url=next'], 'HTTP/1.1 200 OK'),
  redirect('Refresh without url=', 'HTML 4.2.5.3', [type, 'Refresh: 0, next'], 'HTTP/1.1 200 OK'),
  {
    name: 'meta refresh in every way',
    from: 'HTML 4.2.5.3',
    answers: {
      '': answer(`<meta http-equiv=refresh content=" .5 ; URL = 'next' x">`),
      '*': answer(html),
    },
  },
  raw('an error that is a page', 'RFC 9110 15.5', answer(html, [type], 'HTTP/1.1 404 Not Found')),
  raw('nothing at all', 'RFC 9112 8', ''),
  raw('a page without a head', 'RFC 1945 (HTTP/0.9)', html),
]

/** Why the crawler does otherwise than Chromium, by the name of the answer. */
export const reasons: Readonly<Record<string, string>> = {
  'a status of four digits': 'a status has three digits [RFC 9112 4]; curl refuses it as well',
  'a length that is greater':
    'what is cut off is asked for again and then noted as a failure; curl calls it one as well',
  'chunks without an end':
    'what is cut off is asked for again and then noted as a failure; curl calls it one as well',
  'a chunk of no size':
    'nobody can tell where its data ends [RFC 9112 7.1]; curl refuses it as well',
  'gzip of two members': 'both are the body [RFC 1952 2.2]; Chromium reads the first alone',
  'gzip that is none':
    'there is nothing to read: Chromium shows an empty page, the crawler notes why',
  'an attachment': 'a browser stores it; it is a page all the same, and read',
  'a page of XML': 'XML is data to a crawler, such as a feed; XHTML has a type of its own',
  'meta in a comment, then in a script, then for real':
    'the standard looks for a charset before it knows of scripts [HTML 13.2.3.2]; Chromium knows of them',
  'base that is no URL':
    'a base that is no URL is none [HTML 4.2.3]; to Chromium no link leads anywhere then',
  'letters and signs': 'Chromium escapes | in paths, the standard does not [URL 1.3]',
  'SVG and MathML': 'a link of MathML is none; the crawler, which builds no tree, has one too many',
  frames:
    'what stands behind a frameset is not shown; the crawler, which builds no tree, has a link too many',
  '304 that was not asked for':
    'a browser has nothing to show; the crawler keeps the answer, which has no title and no links',
  'an error that is a page': 'a browser shows it; a crawler notes that there is no such page',
}
