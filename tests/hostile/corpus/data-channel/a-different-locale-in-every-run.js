// Expected: returned, threw, crashed
const pick = ['de', 'fr', 'it', 'es', 'ja', 'ko', 'hi', 'ar', 'tr', 'pt-BR', 'zh-CN', 'en-GB', 'nl', 'sv', 'da', 'fi', 'nb', 'pl', 'cs', 'hu'];
function handler(w) { for (const tag of pick) w.payload = (1).toLocaleString(tag); return w }
