"""The minimal client of docs/protocol.md with aiortc, a WebRTC that is no browser's.

Knows the guest login and four messages, and prints them as the first clients of this protocol
did: every candidate says `sdpMid: "video"` and `sdpMLineIndex: 0`, whatever the description says.
The end of the candidates is told in all three ways that are in use.

    minimal.py WS_URL call USER_ID   calls; or
    minimal.py WS_URL answer         takes the first call

Prints `id ID`, `state STATE` for each state of the connection, and `frame` for the first picture
that arrives.
"""

import asyncio
import json
import sys

import websockets
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
from aiortc.sdp import candidate_from_sdp


def say(*words):
    print(*words, flush=True)


class Client:
    def __init__(self, socket):
        self.socket = socket
        self.connection = RTCPeerConnection()
        self.early = []
        self.tasks = []
        self.connection.on("connectionstatechange", self.changed)
        self.connection.on("track", self.track)

    async def send(self, message):
        await self.socket.send(json.dumps(message))

    async def changed(self):
        state = self.connection.connectionState
        say("state", state)
        # No message of the four says that somebody hung up.
        if state in ("closed", "failed"):
            await self.socket.close()

    def track(self, track):
        self.tasks.append(asyncio.ensure_future(self.watch(track)))

    async def watch(self, track):
        frame = await track.recv()
        if track.kind == "video":
            say("frame", frame.width, frame.height)
        while True:
            await track.recv()

    def add_tracks(self):
        self.connection.addTrack(AudioStreamTrack())
        self.connection.addTrack(VideoStreamTrack())

    def trickled(self):
        """The local description without its candidates, and those of its first section: aiortc
        gathers before it describes, and the media share one transport."""
        lines = self.connection.localDescription.sdp.splitlines()
        is_candidate = lambda line: line.startswith(("a=candidate:", "a=end-of-candidates"))
        description = [line for line in lines if not is_candidate(line)]
        sections = self.connection.localDescription.sdp.split("\r\nm=")
        found = [line[2:] for line in sections[1].splitlines() if line.startswith("a=candidate:")]
        return "\r\n".join(description) + "\r\n", found

    async def send_candidates(self, peer, call, candidates):
        message = {"type": "ice-candidate", "toId": peer, "callId": call}
        for line in candidates:
            candidate = {"candidate": line, "sdpMLineIndex": 0, "sdpMid": "video"}
            await self.send(message | {"candidate": candidate})
        empty = {"candidate": "", "sdpMLineIndex": 0, "sdpMid": "video"}
        for end in ({"candidate": empty}, {"candidate": None}, {}):
            await self.send(message | end)

    async def add_candidate(self, message):
        candidate = message.get("candidate") or {}
        line = candidate.get("candidate")
        if not line:
            return
        parsed = candidate_from_sdp(line.split(":", 1)[1])
        parsed.sdpMid = candidate.get("sdpMid")
        parsed.sdpMLineIndex = candidate.get("sdpMLineIndex")
        await self.connection.addIceCandidate(parsed)

    async def set_remote(self, description):
        await self.connection.setRemoteDescription(RTCSessionDescription(**description))
        for message in self.early:
            await self.add_candidate(message)

    async def call(self, peer):
        call = "call_1701234567890"
        self.add_tracks()
        await self.connection.setLocalDescription(await self.connection.createOffer())
        sdp, candidates = self.trickled()
        offer = {"type": "offer", "sdp": sdp}
        await self.send({"type": "call-offer", "toId": peer, "callId": call, "offer": offer,
                         "callType": "video", "fromUsername": "aiortc"})
        async for text in self.socket:
            message = json.loads(text)
            if message["type"] == "call-answer":
                await self.set_remote(message["answer"])
                await self.send_candidates(peer, call, candidates)
            elif message["type"] == "ice-candidate":
                await self.candidate(message)
            elif message["type"] == "call-reject":
                return

    async def answer(self):
        peer = call = None
        async for text in self.socket:
            message = json.loads(text)
            if message["type"] == "call-offer" and call is None:
                peer, call = message["fromId"], message["callId"]
                await self.set_remote(message["offer"])
                self.add_tracks()
                await self.connection.setLocalDescription(await self.connection.createAnswer())
                sdp, candidates = self.trickled()
                answer = {"type": "answer", "sdp": sdp}
                await self.send({"type": "call-answer", "toId": peer, "callId": call, "answer": answer})
                await self.send_candidates(peer, call, candidates)
            elif message["type"] == "ice-candidate":
                await self.candidate(message)
            elif message["type"] == "call-reject":
                return

    async def candidate(self, message):
        if self.connection.remoteDescription is None:
            self.early.append(message)
        else:
            await self.add_candidate(message)


async def main(url, what, *peer):
    async with websockets.connect(url) as socket:
        client = Client(socket)
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "hello":
                await client.send({"type": "login", "username": "aiortc"})
            elif message["type"] == "welcome":
                say("id", message["userId"])
                break
        try:
            await (client.call(*peer) if what == "call" else client.answer())
        finally:
            await client.connection.close()


asyncio.run(main(*sys.argv[1:]))
