// Watches a page from outside of its own code: wraps what pages call, and keeps
// a record in window.__probe. Runs before the page's scripts in Chromium, and
// right after loading in Firefox.
(() => {
  if (window.__probe) return;

  const connections = [];
  const captured = [];
  const remote = [];
  const errors = [];
  const sent = [];
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
  addEventListener('error', (event) => errors.push(`uncaught: ${event.message}`));
  addEventListener('unhandledrejection', (event) => errors.push(`unhandled: ${text(event.reason)}`));
  addEventListener('securitypolicyviolation', (event) =>
    errors.push(`policy: ${event.violatedDirective} ${event.blockedURI}`));

  const nativeSend = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    try {
      const message = JSON.parse(data);
      const sdp = message.offer?.sdp ?? message.answer?.sdp ?? '';
      sent.push({
        type: message.type,
        callId: message.callId ?? null,
        media: [...sdp.matchAll(/^m=(\w+) (\d+)/gm)].map((m) => m[1]),
      });
    } catch { /* not ours to judge */ }
    return nativeSend.call(this, data);
  };

  if (window.RTCPeerConnection) {
    window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
      construct(target, args) {
        const connection = Reflect.construct(target, args);
        connections.push(connection);
        connection.addEventListener('track', (event) => remote.push(event.track));
        return connection;
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
  new MutationObserver(watchVideos).observe(document, {
    subtree: true, childList: true, attributeFilter: ['aria-label'],
  });
  if (document.documentElement) watchVideos();

  const live = (tracks, kind) =>
    tracks.filter((track) => track.readyState === 'live' && (!kind || track.kind === kind)).length;

  const media = async () => {
    const found = {
      framesDecoded: 0, framesEncoded: 0, frameWidth: 0, frameHeight: 0, sentWidth: 0, sentHeight: 0,
      audioEnergy: 0, bytesReceived: 0, bytesSent: 0, roundTripTime: null,
      inboundCodecs: [], outboundCodecs: [],
    };
    for (const connection of connections) {
      if (connection.signalingState === 'closed') continue;
      const report = await connection.getStats();
      const codec = (entry) => report.get(entry.codecId)?.mimeType;
      for (const entry of report.values()) {
        if (entry.type === 'inbound-rtp') {
          found.bytesReceived += entry.bytesReceived ?? 0;
          if (entry.kind === 'audio') found.audioEnergy += entry.totalAudioEnergy ?? 0;
          if (entry.kind === 'video') {
            found.framesDecoded += entry.framesDecoded ?? 0;
            found.frameWidth = entry.frameWidth ?? 0;
            found.frameHeight = entry.frameHeight ?? 0;
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

  window.__probe = {
    snapshot: () => ({
      connectionsMade: connections.length,
      connectionsOpen: connections.filter((c) => c.signalingState !== 'closed').length,
      connectionStates: connections.map((c) => c.connectionState),
      captures: calls.getUserMedia,
      liveTracks: live(captured) + live(remote),
      liveCameras: live(captured, 'video'),
      liveMicrophones: live(captured, 'audio'),
      sent,
      errors,
    }),
    media,
    milestones: () => ({ clicks, firstFrame }),
  };
})();
