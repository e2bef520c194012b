// Expected: threw
function handler(w) { std.open('/etc/passwd', 'r'); os.exec(['id']); return w }
