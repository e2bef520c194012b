// Expected: bad result, threw
const handler = () => { const p = Proxy.revocable({}, {}); p.revoke(); return p.proxy }
