"""The globals that users of V8 expect beside the language: console, URL, encodings, clones, crypto."""

import hashlib
import hmac
import json

import pytest
from sandbox.asking import LIMITS, Run, returned, value

MD5_OF_LENGTHS = ",".join(hashlib.md5(b"a" * length).hexdigest()[:4] for length in (55, 56, 63, 64, 65))

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONSOLE = {
    "'a', 1, -0, null, undefined, 10n": "a 1 -0 null undefined 10n",
    "{ a: 1, b: 'x', c: [1, 2], d: { e: { f: { g: 1 } } } }": (
        "{ a: 1, b: 'x', c: [ 1, 2 ], d: { e: { f: [Object] } } }"
    ),
    "'%s is %d, %i, %f, %j %%', 'Bob', 42.5, 42.9, '1.5', { a: 1 }, 'more'": 'Bob is 42.5, 42, 1.5, {"a":1} % more',
    "new Map([['k', 1]]), new Set([1]), /x/g, new Date(0)": (
        "Map(1) { 'k' => 1 } Set(1) { 1 } /x/g 1970-01-01T00:00:00.000Z"
    ),
    "Array.from({ length: 20 }, (_, i) => i)": (
        "[\n   0,  1,  2,  3,  4,  5,  6,\n   7,  8,  9, 10, 11, 12, 13,\n  14, 15, 16, 17, 18, 19\n]"
    ),
    "(() => { const o = { a: 1 }; o.self = o; return o })()": "<ref *1> { a: 1, self: [Circular *1] }",
}


@pytest.mark.parametrize("arguments", CONSOLE)
async def test_the_console_words_values_as_node_does(run: Run, arguments: str) -> None:
    result = await returned(run, f"const handler = w => {{ console.log({arguments}); return w }}")
    assert [(line.level, line.text) for line in result.console] == [("log", CONSOLE[arguments])]


async def test_the_console_keeps_levels_and_its_bound(run: Run) -> None:
    flood = "for (let i = 0; i < 99; i++) console.error('é'.repeat(1000))"
    code = f"console.warn('top'); const handler = w => {{ {flood}; return w }}"
    result = await returned(run, code)
    assert [line.level for line in result.console[:2]] == ["warn", "error"]
    assert sum(len(line.text.encode()) for line in result.console) <= LIMITS.console


FOUND = {
    "new URL('../x?y=ü#z', 'https://EXAMPLE.com:443/b/c/d').href": "https://example.com/b/x?y=%C3%BC#z",
    "new URL('https://münchen.de').host": "xn--mnchen-3ya.de",
    "new URL('http://0x7f.1').host": "127.0.0.1",
    "String(new URLSearchParams({ a: '1', b: 'x y' }))": "a=1&b=x+y",
    "(() => { const u = new URL('https://a.com/x?a=1'); u.searchParams.set('a', '2&'); return u.href })()":
        "https://a.com/x?a=2%26",
    "Array.from(new TextEncoder().encode('é😀'))": [195, 169, 240, 159, 152, 128],
    "new TextDecoder().decode(new Uint8Array([195, 169, 255]))": "é\ufffd",
    "structuredClone({ d: new Date(0), m: [...structuredClone(new Map([[1, 2]]))] })":
        {"d": "1970-01-01T00:00:00.000Z", "m": [[1, 2]]},
    "atob(btoa('abc'))": "abc",
    "/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())": True,
    "crypto.randomUUID() === crypto.randomUUID()": False,
    # MD5: the test suite of RFC 1321, a length on each side of a block's end, and text beyond ASCII (from hashlib)
    "crypto.md5('')": "d41d8cd98f00b204e9800998ecf8427e",
    "crypto.md5('abc')": "900150983cd24fb0d6963f7d28e17f72",
    "crypto.md5('message digest')": "f96b697d7cb7938d525a2f31aaf161d0",
    "crypto.md5('1234567890'.repeat(8))": "57edf4a22be3c955ac49da2e2107b67a",
    "[55, 56, 63, 64, 65].map((n) => crypto.md5('a'.repeat(n)).slice(0, 4)).join()": MD5_OF_LENGTHS,
    "crypto.md5('Zoë 😀')": hashlib.md5("Zoë 😀".encode()).hexdigest(),
    "typeof webhookless": "undefined",
}  # fmt: skip


@pytest.mark.parametrize("expression", FOUND)
async def test_what_the_globals_answer(run: Run, expression: str) -> None:
    assert await value(run, expression) == FOUND[expression]


async def test_a_mail_address_is_hashed_for_an_advertising_api(run: Run) -> None:
    code = """
        const hex = bytes => Array.from(new Uint8Array(bytes), b => b.toString(16).padStart(2, '0')).join('');
        async function handler(w) {
            const bytes = new TextEncoder().encode('ada@example.com');
            const hash = { name: 'HMAC', hash: 'SHA-256' };
            const key = await crypto.subtle.importKey('raw', bytes, hash, false, ['sign']);
            w.payload = {};
            for (const name of ['SHA-1', 'SHA-256', 'SHA-512'])
                w.payload[name] = hex(await crypto.subtle.digest(name, bytes));
            w.payload.hmac = hex(await crypto.subtle.sign('HMAC', key, bytes));
            return w;
        }
    """
    mail = b"ada@example.com"
    assert json.loads((await returned(run, code)).payload) == {
        "SHA-1": hashlib.sha1(mail).hexdigest(),
        "SHA-256": hashlib.sha256(mail).hexdigest(),
        "SHA-512": hashlib.sha512(mail).hexdigest(),
        "hmac": hmac.new(mail, mail, "sha256").hexdigest(),
    }


@pytest.mark.parametrize("text", ["", "ada@example.com", "𝒜 é ł", "a" * 55, "b" * 56, "c" * 64, "0123456789" * 20])
async def test_md5_is_the_one_of_python(run: Run, text: str) -> None:
    code = f"function handler(w) {{ w.payload = [crypto.md5({json.dumps(text)})]; return w; }}"
    assert json.loads((await returned(run, code)).payload) == [hashlib.md5(text.encode()).hexdigest()]


async def test_code_may_use_the_names_for_its_own_things(run: Run) -> None:
    code = """
        const URL = 1; var crypto = 2; function fetch() { return 3 } let Intl = 4;
        const handler = w => ({...w, payload: [URL, crypto, fetch(), Intl]});
    """
    assert (await returned(run, code)).payload == "[1,2,3,4]"
