// Watches a page from outside of its own code: wraps what pages call, and keeps
// a record in window.__probe. Runs before the page's scripts in Chromium, and
// right after loading in Firefox.
(() => {
  if (window.__probe) return;

  const connections = [];
  let connectionsMade = 0;
  const captured = [];
  const remote = [];
  const errors = [];
  const sent = [];
  const received = [];
  const prompts = [];
  const clicks = [];
  const calls = { getUserMedia: 0 };
  let firstFrame = null;

  const text = (value) => {
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    return typeof value === 'string' ? value : String(value);
  };
  const consoleError = console.error;
  console.error = function (...args) {
    errors.push(args.map(text).join(' '));
    return consoleError.apply(this, args);
  };
  // Capturing, for what an element could not load does not bubble.
  addEventListener('error', ({ message, target }) =>
    errors.push(message ? `uncaught: ${message}` : `not loaded: ${target.src || target.href || target.localName}`), true);
  addEventListener('unhandledrejection', (event) => errors.push(`unhandled: ${text(event.reason)}`));
  addEventListener('securitypolicyviolation', (event) =>
    errors.push(`policy: ${event.violatedDirective} ${event.blockedURI}`));

  // The relay as it may be: `tamper` says what becomes of a text that comes in, and
  // `bring` brings one of its own. Only before the page's own scripts, so in Chromium.
  let tamper = (text) => text;
  let ears = [];
  const listen = EventTarget.prototype.addEventListener;
  WebSocket.prototype.addEventListener = function (type, listener, ...rest) {
    if (type !== 'message') return listen.call(this, type, listener, ...rest);
    const hear = (data) => listener.call(this, new MessageEvent('message', { data }));
    ears = [...ears.filter((ear) => ear.socket.readyState < 2), { socket: this, hear }];
    return listen.call(this, type, ({ data }) => hear(tamper(data)), ...rest);
  };
  const bring = (message) => ears.at(-1).hear(JSON.stringify(message));

  // What comes in is of interest from the login on, which every socket sends first.
  const heard = new WeakSet();
  const listenTo = (socket) => {
    if (heard.has(socket)) return;
    heard.add(socket);
    listen.call(socket, 'message', (event) => {
      try {
        const { type, callId } = JSON.parse(event.data);
        received.push({ type, callId: callId ?? null, at: Date.now() });
      } catch { /* not ours to judge */ }
    });
  };
  const nativeSend = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    listenTo(this);
    try {
      const message = JSON.parse(data);
      const sdp = message.offer?.sdp ?? message.answer?.sdp ?? '';
      sent.push({
        type: message.type,
        callId: message.callId ?? null,
        media: [...sdp.matchAll(/^m=(\w+) (\d+)/gm)].map((m) => m[1]),
        candidates: [
          ...[...sdp.matchAll(/^a=(candidate:.*)$/gm)].map((m) => m[1].trim()),
          ...(message.candidate?.candidate ? [message.candidate.candidate] : []),
        ],
        at: Date.now(),
      });
    } catch { /* not ours to judge */ }
    return nativeSend.call(this, data);
  };

  if (window.RTCPeerConnection) {
    window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
      construct(target, args) {
        const connection = Reflect.construct(target, args);
        connections.push(connection);
        connectionsMade += 1;
        connection.addEventListener('track', (event) => remote.push(event.track));
        return connection;
      },
    });
  }

  const audioContexts = [];
  if (window.AudioContext) {
    window.AudioContext = new Proxy(window.AudioContext, {
      construct(target, args) {
        const context = Reflect.construct(target, args);
        audioContexts.push(context);
        return context;
      },
    });
  }

  const keep = (stream) => {
    captured.push(...stream.getTracks());
    return stream;
  };
  if (navigator.mediaDevices) {
    const native = MediaDevices.prototype.getUserMedia;
    MediaDevices.prototype.getUserMedia = async function (constraints) {
      calls.getUserMedia += 1;
      return keep(await native.call(this, constraints));
    };
  }
  const cloneTrack = MediaStreamTrack.prototype.clone;
  MediaStreamTrack.prototype.clone = function () {
    const copy = cloneTrack.call(this);
    captured.push(copy);
    return copy;
  };
  const cloneStream = MediaStream.prototype.clone;
  MediaStream.prototype.clone = function () { return keep(cloneStream.call(this)); };

  // The same two moments on every page that is measured: a trusted click, and
  // the first frame of the video element that is labelled "Remote video".
  addEventListener('click', (event) => {
    if (!event.isTrusted) return;
    const button = event.target.closest?.('button');
    clicks.push({ label: button?.textContent.trim() ?? '', at: performance.now() });
  }, true);

  const watched = new WeakSet();
  const watchVideos = () => {
    for (const video of document.querySelectorAll('video[aria-label="Remote video"]')) {
      if (watched.has(video) || !video.requestVideoFrameCallback) continue;
      watched.add(video);
      video.requestVideoFrameCallback(() => { firstFrame ??= performance.now(); });
    }
  };
  // When the prompt of an incoming call came and went.
  const watchPrompts = () => {
    const shown = document.querySelector('[role=alertdialog]') !== null;
    const last = prompts.at(-1);
    const open = last !== undefined && last.gone === null;
    if (shown && !open) prompts.push({ shown: Date.now(), gone: null });
    if (!shown && open) last.gone = Date.now();
  };
  const look = () => {
    watchVideos();
    watchPrompts();
  };
  new MutationObserver(look).observe(document, {
    subtree: true, childList: true, attributeFilter: ['aria-label', 'role'],
  });
  if (document.documentElement) look();

  // The frames of the remote video, one by one, but only once somebody asks:
  // it costs time to be told of each.
  let frames = null;
  const follow = (video) => video.requestVideoFrameCallback((_, { presentationTime }) => {
    if (!frames) return;
    frames.longestGap = Math.max(frames.longestGap, presentationTime - frames.last);
    frames.last = Math.max(frames.last, presentationTime);
    frames.count += 1;
    follow(video);
  });
  // What there was since the last time, and begins anew. A standstill counts.
  const frameGaps = () => {
    const now = performance.now();
    const found = frames && {
      longestGap: Math.max(frames.longestGap, now - frames.last),
      count: frames.count,
    };
    if (!frames) follow(document.querySelector('video[aria-label="Remote video"]'));
    frames = { last: frames?.last ?? now, longestGap: 0, count: 0 };
    return found ?? { longestGap: 0, count: 0 };
  };

  // The record must not hold what the page has let go of.
  const prune = () => {
    const drop = (list, isOver) => {
      for (let i = list.length; i-- > 0;) if (isOver(list[i])) list.splice(i, 1);
    };
    drop(connections, (connection) => connection.signalingState === 'closed');
    for (const list of [captured, remote]) drop(list, (track) => track.readyState === 'ended');
  };

  // WebAssembly tells nobody what it holds; its exported memory does.
  let wasmMemory = null;
  const remember = (result) => {
    const { memory } = (result.instance ?? result).exports;
    if (memory instanceof WebAssembly.Memory) wasmMemory = memory;
    return result;
  };
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const native = WebAssembly[name];
    WebAssembly[name] = (...args) => native.apply(WebAssembly, args).then(remember);
  }

  const live = (tracks, kind) =>
    tracks.filter((track) => track.readyState === 'live' && (!kind || track.kind === kind)).length;

  // Firefox ESR 140 never settles what was asked of a connection that is closed meanwhile.
  const reportOf = async (connection) => {
    let looking;
    const closed = new Promise((done) => {
      looking = setInterval(() => connection.signalingState === 'closed' && done(new Map()), 100);
    });
    const report = await Promise.race([connection.getStats(), closed]);
    clearInterval(looking);
    return report;
  };

  const media = async () => {
    const found = {
      framesDecoded: 0, framesEncoded: 0, frameWidth: 0, frameHeight: 0, sentWidth: 0, sentHeight: 0,
      audioEnergy: 0, bytesReceived: 0, bytesSent: 0, packetsReceived: 0, roundTripTime: null,
      inboundCodecs: [], outboundCodecs: [],
    };
    for (const connection of connections) {
      if (connection.signalingState === 'closed') continue;
      const report = await reportOf(connection);
      const codec = (entry) => report.get(entry.codecId)?.mimeType;
      for (const entry of report.values()) {
        if (entry.type === 'inbound-rtp') {
          found.bytesReceived += entry.bytesReceived ?? 0;
          found.packetsReceived += entry.packetsReceived ?? 0;
          if (entry.kind === 'audio') found.audioEnergy += entry.totalAudioEnergy ?? 0;
          if (entry.kind === 'video') {
            found.framesDecoded += entry.framesDecoded ?? 0;
            // The larger: a second video that nobody shows has a report too, without a size.
            found.frameWidth = Math.max(found.frameWidth, entry.frameWidth ?? 0);
            found.frameHeight = Math.max(found.frameHeight, entry.frameHeight ?? 0);
          }
          if (codec(entry) && entry.bytesReceived) found.inboundCodecs.push(codec(entry));
        }
        if (entry.type === 'outbound-rtp') {
          found.bytesSent += entry.bytesSent ?? 0;
          if (entry.kind === 'video') {
            found.framesEncoded += entry.framesEncoded ?? 0;
            found.sentWidth = Math.max(found.sentWidth, entry.frameWidth ?? 0);
            found.sentHeight = Math.max(found.sentHeight, entry.frameHeight ?? 0);
          }
          if (codec(entry) && entry.bytesSent) found.outboundCodecs.push(codec(entry));
        }
        if (entry.type === 'candidate-pair' && entry.state === 'succeeded' && entry.nominated) {
          found.roundTripTime = entry.currentRoundTripTime ?? null;
        }
      }
    }
    return found;
  };

  // A whole call by one command each, as two people click it. A driver's every
  // command leaves its result on the page's heap, and many would look like a leak.
  const until = async (find) => {
    for (;;) {
      const found = await find();
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  };
  const press = async (name) => (await until(() => [...document.querySelectorAll('button')]
    .find((b) => (b.ariaLabel ?? b.textContent).trim() === name && !b.disabled
      && !b.closest('[hidden]')))).click();
  const callOnce = async (link) => {
    const box = await until(() => [...document.querySelectorAll('input')]
      .find((input) => input.labels?.[0]?.textContent.trim() === 'Call link or ID'));
    box.value = link;
    box.dispatchEvent(new InputEvent('input', { bubbles: true }));
    await press('Video call');
    await until(async () => (await media()).framesDecoded > 0);
    // Chromium itself keeps some of the connections that were closed in their first second.
    await until(() => document.querySelector('[role=timer]')?.textContent.trim() >= '00:02');
    await press('End call');
    await press('Back to home');
    return true;
  };
  const answerOnce = async () => {
    await press('Accept');
    await press('Back to home');
    return true;
  };

  // The path in use of the one connection that is open.
  const route = async () => {
    const connection = connections.find((c) => c.signalingState !== 'closed');
    if (!connection) return null;
    const report = await connection.getStats();
    const entries = [...report.values()];
    const chosen = entries.find((e) => e.type === 'transport' && e.selectedCandidatePairId);
    const pair = chosen
      ? report.get(chosen.selectedCandidatePairId)
      : entries.find((e) => e.type === 'candidate-pair' && e.selected);
    const local = report.get(pair?.localCandidateId);
    const remote = report.get(pair?.remoteCandidateId);
    if (!local || !remote) return null;
    return {
      local: local.candidateType,
      remote: remote.candidateType,
      relayProtocol: local.relayProtocol ?? null,
      address: local.address ?? null,
      roundTripTime: pair.currentRoundTripTime ?? null,
    };
  };

  // Two reports of the one open connection, and what they say, reckoned here and not
  // by the page: for tests of what the page makes of them.
  const golden = async () => {
    const connection = connections.find((c) => c.signalingState !== 'closed');
    const types = ['inbound-rtp', 'outbound-rtp', 'remote-inbound-rtp', 'codec', 'transport',
      'certificate', 'candidate-pair', 'local-candidate', 'remote-candidate'];
    const secret = ['address', 'ip', 'relatedAddress', 'port', 'relatedPort', 'url',
      'usernameFragment', 'base64Certificate', 'iceLocalUsernameFragment'];
    // The pair in use, whatever its state: while it is checked it is in progress.
    const read = async () => [...(await connection.getStats()).values()]
      .filter((e) => types.includes(e.type))
      .filter((e, _, all) => {
        if (e.type !== 'candidate-pair') return true;
        const named = all.map((t) => t.selectedCandidatePairId).find((id) => id);
        return named ? e.id === named : e.selected || e.state === 'succeeded';
      })
      .map((e) => Object.fromEntries(Object.entries(e).filter(([k]) => !secret.includes(k))));
    const before = await read();
    await new Promise((done) => setTimeout(done, 4000));
    const after = await read();
    const busiest = (report, type, kind) => report
      .filter((e) => e.type === type && e.kind === kind)
      .sort((a, b) => (b.bytesReceived ?? b.bytesSent) - (a.bytesReceived ?? a.bytesSent))[0];
    const time = (report) => Math.max(...report
      .filter((e) => ['transport', 'candidate-pair', 'inbound-rtp', 'outbound-rtp'].includes(e.type))
      .map((e) => e.timestamp));
    const seconds = (time(after) - time(before)) / 1000;
    const flow = (type, kind, bytes, packets, frames) => {
      const [a, b] = [busiest(before, type, kind), busiest(after, type, kind)];
      if (!b) return null;
      const grown = (field) => (a?.ssrc === b.ssrc ? b[field] - a[field] : NaN);
      const lost = Math.max(grown('packetsLost'), 0);
      const known = (number) => (Number.isFinite(number) ? number : null);
      return {
        bitrate: known((grown(bytes) * 8) / seconds),
        packetRate: known(grown(packets) / seconds),
        fractionLost: type === 'inbound-rtp'
          ? known(lost / (lost + grown(packets) - (grown('retransmittedPacketsReceived') || 0)))
          : null,
        framesPerSecond: known(grown(frames) / seconds),
      };
    };
    const inbound = (kind) =>
      flow('inbound-rtp', kind, 'bytesReceived', 'packetsReceived', 'framesDecoded');
    const outbound = (kind) =>
      flow('outbound-rtp', kind, 'bytesSent', 'packetsSent', 'framesEncoded');
    return {
      reports: [before, after],
      expected: {
        inboundAudio: inbound('audio'), inboundVideo: inbound('video'),
        outboundAudio: outbound('audio'), outboundVideo: outbound('video'),
      },
    };
  };

  window.__probe = {
    bring, until, press,
    tamper: (change) => { tamper = change; },
    // As Chromium does with all of them when the device goes to sleep.
    closeConnections: () => connections.forEach((connection) => connection.close()),
    golden,
    snapshot: () => ({
      connectionsMade,
      sounding: audioContexts.filter((context) => context.state === 'running').length,
      connectionsOpen: connections.filter((c) => c.signalingState !== 'closed').length,
      connectionStates: connections.map((c) => c.connectionState),
      captures: calls.getUserMedia,
      liveTracks: live(captured) + live(remote),
      liveCameras: live(captured, 'video'),
      liveMicrophones: live(captured, 'audio'),
      sent,
      received,
      prompts,
      errors,
    }),
    // Whether the second video of the open connections is sent.
    sendsScreen: () => connections.filter((c) => c.signalingState !== 'closed')
      .map((c) => c.getTransceivers()[2]?.sender.getParameters().encodings.map((e) => e.active)).flat(),
    frameGaps,
    // Forgets what was recorded of the past, so that only the page grows.
    forget: () => {
      prune();
      for (const list of [sent, received, prompts, clicks]) list.length = 0;
      return true;
    },
    wasmBytes: () => wasmMemory?.buffer.byteLength ?? 0,
    media,
    callOnce,
    answerOnce,
    route,
    milestones: () => ({ clicks, firstFrame }),
  };
})();
