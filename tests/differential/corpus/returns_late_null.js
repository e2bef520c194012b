const handler = async (w) => (w.eventType.includes("failed") ? null : { ...w, cancel: w.eventType.length % 2 === 0 });
