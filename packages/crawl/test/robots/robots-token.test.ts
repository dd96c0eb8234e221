import { expect, test } from 'vitest'
import { robotsToken } from '../../src/robots/robots-token.ts'

test.each([
  ['corral/0.1 (+https://example.org/)', 'corral'],
  ['MyBot', 'MyBot'],
  ['Mozilla/5.0 (compatible; ExampleBot/0.1; +https://www.example.com/bot.html)', 'ExampleBot'],
  [
    'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Some-Bot/2.1; +http://a.test/) Chrome/1 Safari/537.36',
    'Some-Bot',
  ],
  [
    'Mozilla/5.0 (Macintosh) AppleWebKit/605 Version/17 Safari/605 (Applebot/0.1; +http://a.test/)',
    'Applebot',
  ],
  ['Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)', 'Mozilla'],
  ['Mozilla/5.0 (X11; Linux x86_64) Firefox/1', 'Mozilla'],
  ['(nameless)', 'corral'],
  ['', 'corral'],
])('robotsToken of %j is %s', (userAgent, expected) => {
  expect(robotsToken(userAgent)).toBe(expected)
})
