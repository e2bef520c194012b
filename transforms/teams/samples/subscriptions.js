// Subscriptions that start and end, with how long they lasted.
const VERBS = {
  "subscription.active": "subscribed",
  "subscription.cancelled": "cancelled",
  "subscription.expired": "ran out",
};

function handler(webhook) {
  const verb = VERBS[webhook.eventType];
  if (!verb) return null;

  const s = webhook.payload.data;
  const days = Math.floor((Date.parse(webhook.payload.timestamp) - Date.parse(s.created_at)) / 86400000);
  const since = verb === "subscribed" ? "" : " after " + days + (days === 1 ? " day" : " days");
  const line = cut(s.customer.name, 200) + " " + verb + since + ": " + money(s.recurring_pre_tax_amount, s.currency);
  webhook.payload = {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          body: [plain(line)],
        },
      },
    ],
  };
  return webhook;
}

// Dodo counts in the smallest unit: cents for USD, but whole yen for JPY and thousandths for KWD. A dispute's amount is
// text. The digits are moved as text, so nothing is rounded.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function money(amount, currency) {
  if (amount === null || amount === undefined) return "";
  const decimals = NO_DECIMALS.includes(currency) ? 0 : THREE_DECIMALS.includes(currency) ? 3 : 2;
  const [, sign, digits] = /^(-?)(\d+)/.exec(String(amount)) || ["", "", "0"];
  const padded = digits.padStart(decimals + 1, "0");
  const whole = padded.slice(0, padded.length - decimals).replace(/\B(?=(\d{3})+$)/g, ",");
  const rest = decimals ? "." + padded.slice(-decimals) : "";
  return sign + whole + rest + (currency ? " " + currency : "");
}

// At most so many characters; a character of two halves is kept whole.
function cut(value, most) {
  const text = String(value);
  if (text.length <= most) return text;
  return text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "") + "…";
}

// A text run is shown as it is. Text blocks read Markdown, which customers could write.
function plain(text, style = {}) {
  return { type: "RichTextBlock", inlines: [{ type: "TextRun", text, ...style }] };
}
