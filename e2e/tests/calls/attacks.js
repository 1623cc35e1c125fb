// What a dishonest relay does to an offer or an answer that it carries. Each attack
// makes one message of another; `n` says which of its variants.
(() => {
  const { bring, until, press, tamper } = window.__probe;
  const copy = (message) => structuredClone(message);
  const description = (message) => message.offer ?? message.answer;

  // Any bytes, but the same for the same number.
  const noise = (n) => (n * 2654435761 >>> 8) & 0xff;
  const letters = 'abcdefghijklmnopqrstuvwxyz234567';
  const somebody = (n) => `w1${[...Array(32)].map((_, i) => letters[noise(n * 37 + i) & 31]).join('')}`;
  const print = (n) => `a=fingerprint:sha-256 ${[...Array(32)]
    .map((_, i) => noise(n * 32 + i).toString(16).toUpperCase().padStart(2, '0')).join(':')}`;

  const attacks = {
    'another fingerprint': (m, n) => {
      description(m).sdp = description(m).sdp.replace(/a=fingerprint:.*/g, print(n));
    },
    'one more fingerprint': (m, n) => {
      const lines = description(m).sdp.split('\r\n');
      lines.splice(3 + n % (lines.length - 3), 0, print(n));
      description(m).sdp = lines.join('\r\n');
    },
    'another description': (m, n) => {
      description(m).sdp = description(m).sdp.replace(/^o=- \d+/m, `o=- ${n + 1}`);
    },
    'no proof': (m) => { delete m.sec; },
    'another proof': (m, n) => {
      const bytes = [...atob(m.sec.replaceAll('-', '+').replaceAll('_', '/'))].map((c) => c.charCodeAt(0));
      bytes[n % bytes.length] ^= 1 << (n % 8);
      m.sec = btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    },
    'another nonce': (m, n) => {
      const bytes = [...atob(m.sec.replaceAll('-', '+').replaceAll('_', '/'))].map((c) => c.charCodeAt(0));
      // Behind the version and the time (docs/protocol.md).
      bytes[9 + n % 32] ^= 1 << (n % 8);
      m.sec = btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    },
    'part of a proof': (m, n) => { m.sec = m.sec.slice(0, n % m.sec.length); },
    'another sender': (m, n) => { m.fromId = somebody(n); },
    'another call': (m, n) => { m.callId = `call_${n}`; },
    'another kind of call': (m) => { m.callType = m.callType === 'audio' ? 'video' : 'audio'; },
  };

  // What the page refuses, as it tells who debugs.
  const refused = [];
  const log = console.log;
  console.log = (line, ...rest) => {
    const code = /^wimpex rejected: (\S+)/.exec(line)?.[1];
    if (code) refused.push(code);
    log.call(console, line, ...rest);
  };

  let held = null;
  window.__relay = {
    // Keeps the next message of this type, and says nothing of it.
    hold: (type) => {
      held = null;
      tamper((text) => {
        const message = JSON.parse(text);
        if (message.type !== type || held) return text;
        held = message;
        return JSON.stringify({ type: 'nothing', seq: message.seq });
      });
      return true;
    },
    // Keeps all of these, from now on.
    keep: (...types) => {
      const kept = window.__kept = [];
      tamper((text) => {
        const message = JSON.parse(text);
        if (!types.includes(message.type)) return text;
        kept.push(message);
        return JSON.stringify({ type: 'nothing', seq: message.seq });
      });
      return true;
    },
    kept: (type) => until(() => window.__kept.find((message) => message.type === type)),
    held: async () => { await until(() => held); return held; },
    attacks: () => Object.keys(attacks),
    // Each variant in its turn, and what the page said of it. The person reads on.
    offers: async (attack, count) => {
      const codes = [];
      for (let n = 0; n < count; n += 1) {
        const message = copy(held);
        delete message.seq;
        attacks[attack](message, n);
        bring(message);
        codes.push(await until(() => refused.shift()));
        // A stranger alarms nobody.
        if (message.fromId === held.fromId) await press('I have read this');
        await until(() => !document.querySelector('[role=alertdialog]'));
      }
      return codes;
    },
    // One, to which the page has something to lose.
    change: async (attack, n) => {
      const message = copy(held);
      delete message.seq;
      if (attack) attacks[attack](message, n);
      bring(message);
      return attack ? until(() => refused.shift()) : '';
    },
    bring: (message) => { bring({ ...message, seq: undefined }); return true; },
    refused: () => until(() => refused.shift()),
    // By this clock the page lives from now on, in milliseconds from the true one.
    clock: (offset) => {
      const now = window.__now ??= Date.now.bind(Date);
      Date.now = () => now() + offset;
      return true;
    },
  };
  return true;
})();
