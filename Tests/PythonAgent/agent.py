#!/usr/bin/env python3
"""A small agent for the tests, written from docs/protocol.md alone. It deploys nothing: what it holds, it reports Ready.

usage: agent.py --endpoint tcp://HOST:PORT --token TOKEN --client-id ID [--label KEY=VALUE]... [--refuse ID]...
           [--pause-max SECONDS]

It prints a JSON object a line for everything that happens, and runs until it gets SIGTERM.
"""

import argparse
import datetime
import gzip
import json
import random
import signal
import sys
import time
import uuid

import zmq
import zmq.utils.z85 as z85
from bus import BusError, Connection, parse_token
from hashes import blob_digest, manifest_id, map_hash, status_digest
from messages import message_class

AgentMessage, ManagerMessage = message_class("AgentMessage"), message_class("ManagerMessage")


def say(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


class Refused(Exception):
    pass


class Agent:
    def __init__(self, arguments):
        self.arguments = arguments
        self.server_key, self.token_id, self.secret = parse_token(arguments.token)
        public, secret = zmq.curve_keypair()
        self.keys = z85.decode(public), z85.decode(secret)
        self.boot_id = str(uuid.uuid4())
        self.enrolled = False
        # What a real agent keeps on disk.
        self.held, self.blobs, self.acknowledged, self.revision = {}, {}, {}, 0
        self.statuses = {}

    def connect_once(self):
        connection = Connection(self.arguments.endpoint, self.server_key, *self.keys)
        try:
            if not self.enrolled:
                self.enroll(connection)
            self.hold_session(connection)
        finally:
            connection.close()

    def enroll(self, connection):
        Label = message_class("Label")
        request = message_class("EnrollRequest")(
            token_id=self.token_id, token_secret=self.secret, client_id=self.arguments.client_id,
            labels=[Label(key=key, value=value) for key, value in self.arguments.label],
            agent_version="python", kubernetes_version="v0.0.0")
        answer = connection.unary("Enrollment/Enroll", request, message_class("EnrollResponse"))
        self.enrolled = True
        say("enrolled", namespace=answer.cluster_namespace, name=answer.cluster_name)

    def hold_session(self, connection):
        self.connection, self.session = connection, connection.open("Delivery/Session")
        self.seq, self.under_way = 0, {}
        hello = message_class("Hello")(
            boot_id=self.boot_id, protocol_min=1, protocol_max=1, last_revision=self.revision,
            inventory_hash=map_hash(self.held), status_hash=map_hash(self.acknowledged), agent_version="python",
            kubernetes_version="v0.0.0", agent_namespace="python-agent")
        self.session.send(AgentMessage(hello=hello))
        while True:
            message = self.session.receive(ManagerMessage)
            if message is None:
                raise BusError(14, "the manager ended the session")
            body = message.WhichOneof("body")
            if body == "welcome":
                say("welcome", resume=message.welcome.resume, report_all=message.welcome.report_all)
                if message.welcome.resume:
                    self.revision = message.welcome.revision
                if message.welcome.report_all:
                    self.acknowledged = {}
            elif body == "inventory_request":
                Item = message_class("InventoryItem")
                items = [Item(id=id, version=version) for id, version in sorted(self.held.items())]
                self.session.send(AgentMessage(inventory=message_class("Inventory")(items=items)))
            elif body == "desired":
                self.desired(message.desired)
            elif body == "status_ack":
                self.status_acknowledged(message.status_ack.seq)
            self.report()

    def desired(self, desired):
        refused = []
        for item in desired.set:
            try:
                self.statuses[item.id] = (item.version, self.deploy(item))
                self.held[item.id] = item.version
                say("held", id=item.id, version=item.version)
            except Refused as error:
                refused.append(message_class("NackItem")(id=item.id, version=item.version, message=str(error)))
        for id in desired.removed:
            version = self.held.pop(id, "")
            self.statuses[id] = (version, b"")
            say("removed", id=id)
        if refused:
            nack = message_class("Nack")(nonce=desired.nonce, code=3, message=refused[0].message, items=refused)
            self.session.send(AgentMessage(nack=nack))
            say("refused", ids=[item.id for item in refused])
        else:
            self.session.send(AgentMessage(ack=message_class("Ack")(nonce=desired.nonce)))
        if desired.complete:
            self.revision = desired.revision
            say("complete", revision=desired.revision, held=sorted(self.held))

    def deploy(self, item):
        if item.id in self.arguments.refuse:
            raise Refused("refused on purpose")
        options = json.loads(self.blob(item.options_digest))
        manifest = gzip.decompress(self.blob(item.content_digest))
        if manifest_id(manifest) != options["manifestID"]:
            raise Refused(f"the manifest is not {options['manifestID']}")
        names = [resource["name"] for resource in json.loads(manifest).get("resources", [])]
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        conditions = [
            {"type": type, "status": "True", "lastUpdateTime": now, "lastTransitionTime": now}
            for type in ("Deployed", "Installed", "Monitored", "Ready")
        ]
        status = {
            "appliedDeploymentID": options["deploymentID"], "release": f"default/{options['bundleName']}:1",
            "ready": True, "nonModified": True, "conditions": conditions,
            "resources": [
                {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "default", "name": name.replace("/", "-")}
                for name in names
            ],
            "resourceCounts": {"desiredReady": len(names), "ready": len(names)},
        }
        return json.dumps(status).encode()

    def blob(self, digest):
        if digest not in self.blobs:
            FetchRequest, FetchChunk = message_class("FetchRequest"), message_class("FetchChunk")
            stream, data = self.connection.open("Content/Fetch"), b""
            stream.send(FetchRequest(digest=digest, offset=0), last=True)
            while (chunk := stream.receive(FetchChunk, 30)) is not None:
                if chunk.offset != len(data):
                    raise Refused(f"{digest} came out of order")
                data += chunk.data
            if blob_digest(data) != digest:
                raise Refused(f"{digest} has another digest")
            say("fetched", digest=digest, bytes=len(data))
            self.blobs[digest] = data
        return self.blobs[digest]

    def report(self):
        """Sends what the manager does not hold, one report at a time."""
        if self.under_way:
            return
        Status = message_class("DeploymentStatus")
        news = []
        for id, (version, status) in sorted(self.statuses.items()):
            if not status or self.acknowledged.get(id) != status_digest(status):
                news.append(Status(id=id, version=version, status=status))
        if not news:
            return
        self.seq += 1
        self.under_way = {status.id: status for status in news[:64]}
        self.session.send(AgentMessage(status=message_class("StatusReport")(seq=self.seq, statuses=news[:64])))

    def status_acknowledged(self, seq):
        if seq != self.seq:
            return
        for id, status in self.under_way.items():
            if status.status:
                self.acknowledged[id] = status_digest(status.status)
            else:
                self.acknowledged.pop(id, None)
                if not self.statuses[id][1]:
                    del self.statuses[id]
        say("acknowledged", ids=sorted(self.under_way))
        self.under_way = {}

    def run(self):
        pause = 0.1
        while True:
            began = time.monotonic()
            try:
                self.connect_once()
            except BusError as error:
                say("lost", error=str(error), code=error.code)
                if error.code in ("PERMISSION_DENIED", "UNAUTHENTICATED", "INVALID_ARGUMENT"):
                    return 1
            if time.monotonic() - began > 2:
                pause = 0.1
            pause = min(self.arguments.pause_max, random.uniform(0.1, 3 * pause))
            time.sleep(pause)


def main():
    parser = argparse.ArgumentParser(description="An agent that deploys nothing, for tests of the bus.")
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--label", action="append", default=[], type=lambda text: tuple(text.split("=", 1)))
    parser.add_argument("--pause-max", type=float, default=30)
    parser.add_argument("--refuse", action="append", default=[])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.exit(Agent(parser.parse_args()).run())


if __name__ == "__main__":
    main()
