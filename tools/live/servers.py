"""The servers that a live pipeline sends to, and moaa's commands over one store."""

import contextlib
import os
import subprocess
import sys

import measuring
from private_broker import install_broker, private_broker
from private_mariadb import private_mariadb

TOPICS = ["raw_probes_results", "agg_probes_results", "agg_probes_results_by_station"]


class Sinks:
    """A private MariaDB and a private broker, and the words that send to them."""

    def __init__(self, server, broker):
        self.server, self.broker = server, broker
        self.environment = {
            **server.environment, "MOAA_MYSQL": server.url(True), "MOAA_KAFKA": broker.address, "MOAA_STORE": ""}
        self.words = ["--mysql", "env", "--kafka", "env", "--by-station"]

    def query(self, text):
        done = subprocess.run(
            [*self.server.client(True), "-e", text], env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise ConnectionError(done.stderr.strip())
        return done.stdout


@contextlib.contextmanager
def sinks():
    """Both servers, which end with the block."""
    if not measuring.shell("install_packages mariadb-server-core mariadb-client-core"):
        sys.exit("there is no MariaDB")
    program = install_broker()
    with private_mariadb("--innodb-buffer-pool-size=256M") as server, private_broker(program) as broker:
        yield Sinks(server, broker)


class Moaa:
    """moaa's commands, with a set environment."""

    def __init__(self, program, environment=None):
        self.program, self.environment = str(program), environment or {**os.environ, "MOAA_STORE": ""}

    def run(self, *words, allowed=(0,)):
        """Standard output of a command; ends the program when its exit code is not allowed."""
        done = subprocess.run(
            [self.program, *map(str, words)], env=self.environment, capture_output=True, text=True)
        if done.returncode not in allowed:
            sys.exit(f"moaa {' '.join(map(str, words))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, *words, errors):
        return subprocess.Popen(
            [self.program, *map(str, words)], env=self.environment, stdout=subprocess.DEVNULL, stderr=errors,
            stdin=subprocess.DEVNULL)

    def hours(self, store, *more):
        return self.run("hours", "--by-station", "--format", "csv", "--store", store, *more)


def agree(moaa, store, expected, folder):
    """Holds store, tables and topics against the hours that are expected; what differs, in words."""
    faults = []
    if moaa.hours(store) != expected:
        faults.append("the store's hours differ")
    moaa.run("replay", "--verify", "--store", store)
    moaa.run("log", "verify", "--deep", "--store", store)
    for topic in TOPICS[1:]:
        moaa.run("sync", "mysql", "--check", "--topic", topic, "--store", store)
    pulled = folder / "pulled.store"
    measuring.remove_store(pulled)
    moaa.run("sync", "kafka", "pull", "--topic", ",".join(TOPICS), "--store", pulled)
    if moaa.hours(pulled, "--results", "topics") != expected:
        faults.append("the hours in Kafka differ")
    for topic in TOPICS:
        if values(moaa, pulled, topic) != values(moaa, store, topic):
            faults.append(f"topic {topic} of Kafka differs from the store's")
    return faults


def values(moaa, store, topic):
    """Keys and values of a topic's data records, as text."""
    lines = moaa.run("log", "dump", topic, "--format", "json", "--store", store).split("\n")
    return [line.partition(',"key":')[2] for line in lines if '"kind":"data"' in line]
