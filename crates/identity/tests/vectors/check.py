"""A second implementation of the verified identity, written after docs/protocol.md.

    check.py VECTORS.json PROTOCOL.md

Works out every value in the vectors from its inputs, and ends with 1 if one differs. Needs
Python 3.9 or later and its package cryptography (Debian: python3-cryptography).
"""

import base64
import hashlib
import json
import re
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Checker:
    def __init__(self, pictures):
        self.pictures = pictures
        self.people = {}
        self.right = 0

    def same(self, what, given, computed):
        if given != computed:
            sys.exit(f"{what}: the file says {given!r}, and it is {computed!r}")
        self.right += 1

    def key(self, vector):
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["seed"]))
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        hashed = sha256(b"wimpex-id-v1", public)[:20]
        user = "w1" + base64.b32encode(hashed).decode().lower()
        self.same("publicKey", vector["publicKey"], base64url(public))
        self.same("userId", vector["userId"], user)
        self.people[user] = (private, public)

    def signature(self, user, message, text):
        private, public = self.people[user]
        self.same("signature", text, base64url(private.sign(message)))
        Ed25519PublicKey.from_public_bytes(public).verify(from_base64url(text), message)

    def login(self, vector):
        message = (
            b"wimpex-login-v1"
            + vector["origin"].encode()
            + from_base64url(vector["challenge"])
            + vector["userId"].encode()
        )
        self.same("message", vector["message"], message.hex())
        _, public = self.people[vector["userId"]]
        self.same("publicKey", vector["publicKey"], base64url(public))
        self.signature(vector["userId"], message, vector["signature"])

    def commitment(self, vector):
        commitment = sha256(b"wimpex-commit-v1", bytes.fromhex(vector["nonce"]))
        self.same("commitment", vector["commitment"], commitment.hex())

    def handshake(self, vector):
        nonces = [bytes.fromhex(vector[name]) for name in ("callerNonce", "calleeNonce")]
        commitment = sha256(b"wimpex-commit-v1", nonces[0])
        values = [commitment, nonces[1], nonces[0], b"", b""]
        hashes = []
        for i, (message, value) in enumerate(zip(vector["messages"], values)):
            # An offer within the call follows the confirmation.
            before = hashes[-1] if i > 0 else b""
            hashes.append(self.message(vector, message, value, before))
        fingerprints = [
            bytes.fromhex(vector[name]) for name in ("callerFingerprint", "calleeFingerprint")
        ]
        for message, fingerprint in zip(vector["messages"], fingerprints):
            self.same("fingerprint", self.fingerprint(message["sdp"]), fingerprint)
        digest = sha256(b"wimpex-sas-v1", *nonces, *fingerprints, *hashes[:2])
        self.same("sasDigest", vector["sasDigest"], digest.hex())
        bits = int.from_bytes(digest, "big") >> (256 - 42)
        numbers = [bits >> shift & 63 for shift in range(36, -1, -6)]
        self.same("sas", vector["sas"], [self.pictures[number] for number in numbers])

    def message(self, vector, message, value, before):
        sdp = message["sdp"]
        fields = [
            b"wimpex-call-v1",
            message["type"].encode(),
            vector["callId"].encode(),
            message["fromId"].encode(),
            message["toId"].encode(),
            vector["callType"].encode(),
            message["timestamp"].to_bytes(8, "big"),
            b"" if sdp is None else sha256(sdp.encode()),
            value,
            before,
        ]
        signed = b"".join(len(field).to_bytes(2, "big") + field for field in fields)
        self.same("message", message["message"], signed.hex())
        self.same("hash", message["hash"], sha256(signed).hex())
        sec = b"\x01" + message["timestamp"].to_bytes(8, "big") + value
        if message["fromId"].startswith("w1"):
            self.signature(message["fromId"], signed, message["signature"])
            sec += self.people[message["fromId"]][1] + from_base64url(message["signature"])
        self.same("sec", message["sec"], base64url(sec))
        return sha256(signed)

    @staticmethod
    def fingerprint(sdp):
        found = set(re.findall(r"^a=fingerprint:sha-256 ([0-9A-F:]+)\r$", sdp, re.MULTILINE))
        (one,) = found
        return bytes.fromhex(one.replace(":", ""))


def pictures(document):
    table = re.findall(r"(?<=\| )(\d+) ([^\x00-\x7f]+) ([a-z ]+?)(?= \|)", document)
    if [int(number) for number, _, _ in table] != list(range(64)):
        sys.exit("the document has no table of 64 pictures")
    return [[picture, name] for _, picture, name in table]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        vectors = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        checker = Checker(pictures(file.read()))
    for vector in vectors["keys"]:
        checker.key(vector)
    for vector in vectors["logins"]:
        checker.login(vector)
    for vector in vectors["commitments"]:
        checker.commitment(vector)
    for vector in vectors["handshakes"]:
        checker.handshake(vector)
    print(f"{checker.right} values are right")


main()
