"""A connection to the manager's bus, after docs/protocol.md: one thread, one socket, one connection at a time."""

import base64
import hashlib
import os
import time

import zmq
import zmq.utils.z85 as z85
from zmq.utils.monitor import parse_monitor_message
from messages import message_class

Batch, Frame, Settings = message_class("Batch"), message_class("Frame"), message_class("Settings")

PART_BYTES = (1 << 20) + (64 << 10)
MESSAGE_OVERHEAD = 16
STREAM_WINDOW = 256 << 10
CONNECTION_WINDOW = 4 << 20
SEPARATE_PAYLOAD = 16 << 10
SETTINGS_SECONDS = 10
FAILED = (
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)
CODES = (
    "OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED"
    " RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS"
    " UNAUTHENTICATED"
).split()


class BusError(Exception):
    """The end of a stream or of the connection, with its status code."""

    def __init__(self, code, message):
        self.code = CODES[code] if code < len(CODES) else "UNKNOWN"
        super().__init__(f"{self.code}: {message}")


def parse_token(text):
    """The manager's key (32 bytes), the token's id and its secret."""
    parts = text.strip().split(".")
    if len(parts) != 4 or parts[0] != "flotilla1":
        raise ValueError("not a join token of the form flotilla1.KEY.ID.SECRET")
    key = base64.urlsafe_b64decode(parts[1] + "=")
    if len(parts[1]) != 43 or len(key) != 32:
        raise ValueError("the token's key is not base64url of 32 bytes")
    return key, parts[2], parts[3]


def routing_id(public_key):
    return b"F" + hashlib.sha256(public_key).digest()[:15] + os.urandom(8)


class Stream:
    def __init__(self, connection, id, window):
        self.connection, self.id = connection, id
        self.send_credit = window
        self.unreturned = 0
        self.inbox = []
        self.end = None

    def send(self, message, last=False):
        payload = message.SerializeToString()
        connection = self.connection
        connection.wait(lambda: self.end or (self.send_credit > 0 and connection.send_credit > 0))
        if self.end:
            raise self.end
        cost = len(payload) + MESSAGE_OVERHEAD
        self.send_credit -= cost
        connection.send_credit -= cost
        frames = [Frame(stream_id=self.id, kind=Frame.MESSAGE, payload=payload)]
        if last:
            frames.append(Frame(stream_id=self.id, kind=Frame.HALF_CLOSE))
        connection.transmit(frames)

    def receive(self, kind, timeout=None):
        """The next message; None at the stream's good end. Gives the stream's credit back."""
        self.connection.wait(lambda: self.inbox or self.end, timeout)
        if not self.inbox:
            if self.end.code == "OK":
                return None
            raise self.end
        payload = self.inbox.pop(0)
        self.unreturned += len(payload) + MESSAGE_OVERHEAD
        if self.unreturned >= STREAM_WINDOW // 2 and not self.end:
            self.connection.transmit([Frame(stream_id=self.id, kind=Frame.CREDIT, credit_bytes=self.unreturned)])
            self.unreturned = 0
        return kind.FromString(payload)


class Connection:
    def __init__(self, endpoint, server_key, public_key, secret_key):
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.ROUTING_ID, routing_id(public_key))
        self.socket.setsockopt(zmq.CURVE_SERVERKEY, z85.encode(server_key))
        self.socket.setsockopt(zmq.CURVE_PUBLICKEY, z85.encode(public_key))
        self.socket.setsockopt(zmq.CURVE_SECRETKEY, z85.encode(secret_key))
        self.socket.setsockopt(zmq.RECONNECT_IVL, -1)
        self.socket.setsockopt(zmq.MAXMSGSIZE, PART_BYTES)
        self.socket.setsockopt(zmq.LINGER, 300)
        # Without this a connection that is lost is noticed after three heartbeats, and sending blocks until then.
        self.monitor = self.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED | FAILED)
        self.socket.connect(endpoint)
        self.streams, self.next_id = {}, 1
        self.peer, self.goaway = None, None
        self.send_credit, self.unreturned = 0, 0
        self.last_sent = self.last_heard = time.monotonic()
        settings = Settings(
            protocol_min=1, protocol_max=1, stream_credit_bytes=STREAM_WINDOW,
            connection_credit_bytes=CONNECTION_WINDOW, streams_max=16)
        self.transmit([Frame(kind=Frame.SETTINGS, payload=settings.SerializeToString())])
        self.wait(lambda: self.peer, SETTINGS_SECONDS)

    def open(self, method):
        stream = Stream(self, self.next_id, self.peer.stream_credit_bytes)
        self.next_id += 2
        self.streams[stream.id] = stream
        self.transmit([Frame(stream_id=stream.id, kind=Frame.OPEN, method=f"flotilla.v1.{method}")])
        return stream

    def unary(self, method, request, response):
        stream = self.open(method)
        stream.send(request, last=True)
        answer = stream.receive(response, 15)
        if answer is None or stream.receive(response, 15) is not None:
            raise BusError(13, f"{method} did not answer once")
        return answer

    def transmit(self, frames):
        parts, last = [], frames[-1]
        if len(last.payload) >= SEPARATE_PAYLOAD:
            parts, last.payload = [last.payload], b""
        self.send_parts([Batch(frames=frames).SerializeToString(), *parts])
        self.last_sent = time.monotonic()

    def send_parts(self, parts):
        end = time.monotonic() + SETTINGS_SECONDS
        while True:
            try:
                return self.socket.send_multipart(parts, zmq.DONTWAIT)
            except zmq.Again:
                # The pipe is full, or there is none any more.
                if time.monotonic() > end or self.monitor.poll(10):
                    raise BusError(14, "the connection was lost") from None

    def wait(self, condition, timeout=None):
        """Serves the connection until the condition holds."""
        end = None if timeout is None else time.monotonic() + timeout
        while not condition():
            self.serve(end)

    def serve(self, end=None):
        """One step: a message, a heartbeat, or nothing for a while."""
        now = time.monotonic()
        if end is not None and now >= end:
            raise BusError(4, "the manager did not answer in time")
        interval = self.peer.heartbeat_interval_ms / 1000 if self.peer else SETTINGS_SECONDS
        if now - self.last_heard > 3 * interval:
            raise BusError(14, "the manager was silent for three heartbeats")
        if self.peer and now - self.last_sent > interval * 2 / 3:
            self.transmit([Frame(kind=Frame.PING)])
        if not self.socket.poll(50):
            # After the messages: those that came before the end of the connection count.
            if self.monitor.poll(0):
                raise BusError(*self.lost())
        else:
            parts = self.socket.recv_multipart()
            if len(parts) > 2:
                raise BusError(13, f"a message of {len(parts)} parts")
            frames = Batch.FromString(parts[0]).frames
            if len(parts) == 2 and frames:
                frames[-1].payload = parts[1]
            self.last_heard = time.monotonic()
            for frame in frames:
                self.receive(frame)

    def lost(self):
        event = parse_monitor_message(self.monitor.recv_multipart())["event"]
        if event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
            return 7, "the manager refuses this key"
        if event & FAILED:
            return 16, "the manager has another key than the token's"
        return 14, "the connection was lost, or nobody answers"

    def receive(self, frame):
        kind, stream = frame.kind, self.streams.get(frame.stream_id)
        if kind == Frame.CLOSE and frame.stream_id == 0:
            raise BusError(frame.status_code or 14, frame.status_message)
        if self.peer is None:
            if kind != Frame.SETTINGS:
                raise BusError(13, "the manager did not begin with SETTINGS")
            self.peer = Settings.FromString(frame.payload)
            if not self.peer.protocol_min <= 1 <= self.peer.protocol_max:
                raise BusError(9, "no common protocol version")
            self.send_credit = self.peer.connection_credit_bytes
        elif kind == Frame.MESSAGE:
            self.unreturned += len(frame.payload) + MESSAGE_OVERHEAD
            if self.unreturned >= CONNECTION_WINDOW // 2:
                self.transmit([Frame(kind=Frame.CREDIT, credit_bytes=self.unreturned)])
                self.unreturned = 0
            if stream:
                stream.inbox.append(frame.payload)
        elif kind == Frame.CREDIT:
            if frame.stream_id == 0:
                self.send_credit += frame.credit_bytes
            elif stream:
                stream.send_credit += frame.credit_bytes
        elif kind == Frame.CLOSE and stream:
            stream.end = BusError(frame.status_code, frame.status_message)
            del self.streams[stream.id]
        elif kind == Frame.PING:
            self.transmit([Frame(kind=Frame.PONG)])
        elif kind == Frame.GOAWAY:
            self.goaway = message_class("Goaway").FromString(frame.payload)
        elif kind == Frame.OPEN:
            text = f"there is no method {frame.method} here"
            self.transmit([Frame(stream_id=frame.stream_id, kind=Frame.CLOSE, status_code=12, status_message=text)])

    def close(self):
        try:
            self.transmit([Frame(kind=Frame.CLOSE, status_code=14, status_message="the agent is stopping")])
        except BusError:
            pass
        self.socket.disable_monitor()
        self.socket.close()
