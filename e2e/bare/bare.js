// The smallest client that can call and be called: the guest login and four
// messages, call-offer, call-answer, ice-candidate and call-reject. Nothing else
// of the protocol is known here, and nothing else is needed.

const $ = (id) => document.getElementById(id);
const CONSTRAINTS = {
  video: { audio: true, video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } } },
  audio: { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true }, video: false },
};

let socket;
let iceServers = [];
let call = null; // { id, peerId, type, offer?, connection?, stream?, early }

const send = (message) => socket.send(JSON.stringify(message));

// --- logging in as a guest ---

$('login').onsubmit = (event) => {
  event.preventDefault();
  socket = new WebSocket(new URLSearchParams(location.search).get('server'));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    handlers[message.type]?.(message); // unknown types are ignored
  };
};

const handlers = {
  hello: () => send({ type: 'login', username: $('name').value }),

  welcome: (message) => {
    iceServers = message.iceServers;
    $('my-id').textContent = message.userId;
  },

  'call-offer': ({ fromId, fromUsername, callId, callType, offer }) => {
    if (call) return send({ type: 'call-reject', toId: fromId, callId });
    call = { id: callId, peerId: fromId, type: callType, offer, early: [] };
    show(`${callType} call from ${fromUsername}`);
  },

  'call-answer': async ({ callId, answer }) => {
    if (callId !== call?.id) return;
    await call.connection.setRemoteDescription(answer);
    await addEarlyCandidates();
  },

  'ice-candidate': async ({ fromId, candidate }) => {
    if (fromId !== call?.peerId) return;
    // A candidate that is faster than the description it belongs to waits for it.
    if (call.connection?.remoteDescription) await call.connection.addIceCandidate(candidate);
    else call.early.push(candidate);
  },

  'call-reject': ({ callId }) => {
    if (callId === call?.id) finish('declined');
  },
};

// --- calling and being called ---

$('dial').onsubmit = async (event) => {
  event.preventDefault();
  const type = event.submitter.value;
  call = { id: `call_${Date.now()}`, peerId: $('peer').value, type, early: [] };
  show('calling');
  await connect();
  const { connection, id, peerId } = call;
  await connection.setLocalDescription(await connection.createOffer());
  const offer = { type: 'offer', sdp: connection.localDescription.sdp };
  send({ type: 'call-offer', toId: peerId, callId: id, offer, callType: type, fromUsername: $('name').value });
};

$('accept').onclick = async () => {
  show('connecting');
  await connect();
  const { connection, id, peerId, offer } = call;
  await connection.setRemoteDescription(offer);
  await addEarlyCandidates();
  await connection.setLocalDescription(await connection.createAnswer());
  const answer = { type: 'answer', sdp: connection.localDescription.sdp };
  send({ type: 'call-answer', toId: peerId, callId: id, answer });
};

$('decline').onclick = () => {
  send({ type: 'call-reject', toId: call.peerId, callId: call.id });
  finish('declined');
};

$('end').onclick = () => finish('ended');

async function connect() {
  const { peerId } = call;
  call.stream = await navigator.mediaDevices.getUserMedia(CONSTRAINTS[call.type]);
  $('local').srcObject = call.stream;
  const connection = new RTCPeerConnection({ iceServers });
  call.connection = connection;
  for (const track of call.stream.getTracks()) connection.addTrack(track, call.stream);
  connection.ontrack = ({ streams }) => { $('remote').srcObject = streams[0]; };
  connection.onicecandidate = ({ candidate }) => {
    if (!candidate) return;
    const { candidate: line, sdpMLineIndex, sdpMid } = candidate;
    send({ type: 'ice-candidate', toId: peerId, candidate: { candidate: line, sdpMLineIndex, sdpMid } });
  };
  connection.onconnectionstatechange = () => {
    show(connection.connectionState);
    if (connection.connectionState === 'failed') finish('failed');
    // No message says that the other side hung up, but closing its connection
    // closes this transport at once.
    const transport = connection.getSenders()[0]?.transport;
    if (transport) transport.onstatechange = () => transport.state === 'closed' && finish('ended');
  };
}

async function addEarlyCandidates() {
  for (const candidate of call.early.splice(0)) await call.connection.addIceCandidate(candidate);
}

function finish(state) {
  call?.connection?.close();
  call?.stream?.getTracks().forEach((track) => track.stop());
  call = null;
  $('remote').srcObject = $('local').srcObject = null;
  show(state);
}

function show(state) {
  $('state').textContent = state;
  const incoming = Boolean(call?.offer && !call.connection);
  $('accept').hidden = $('decline').hidden = !incoming;
  $('end').hidden = !call || incoming;
}
