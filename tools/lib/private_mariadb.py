"""A MariaDB server of one's own, for as long as it is needed."""

import contextlib
import getpass
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

DATABASE = "moaa"
USER = "moaa"
PASSWORD = "moaa-bench"
START_SECONDS_MAX = 60


class PrivateMariaDB:
    """Where a running server is."""

    def __init__(self, folder, port, command):
        self.folder, self.port, self.command = folder, port, command
        self.socket = folder / "socket"
        self.process = None

    def start(self):
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait(self, self.process)

    def kill(self):
        """Ends it as a power cut would; what it has confirmed is there at the next start."""
        self.process.kill()
        self.process.wait()

    def url(self, over_socket):
        place = f"/{DATABASE}?socket={self.socket}" if over_socket else f"127.0.0.1:{self.port}/{DATABASE}"
        return f"mysql://{USER}@{place}"

    @property
    def environment(self):
        return {**os.environ, "MOAA_MYSQL_PASSWORD": PASSWORD, "MYSQL_PWD": PASSWORD}

    def client(self, over_socket):
        """The command line of the server's own client."""
        place = (
            [f"--socket={self.socket}"]
            if over_socket
            else ["--protocol=tcp", "--host=127.0.0.1", f"--port={self.port}"]
        )
        return ["mariadb", "--no-defaults", f"--user={USER}", *place, "--local-infile=1", "-N", "-B", DATABASE]


def program(name):
    """Debian has servers in /usr/sbin, which not every user has in PATH."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if path is None:
        sys.exit(f"bench: there is no {name}: install mariadb-server-core and mariadb-client-core")
    return path


@contextlib.contextmanager
def private_mariadb(*options):
    """Starts a server with its data in a new folder; both are gone afterwards."""
    # Not below the repository: the path of a socket has room for 107 bytes.
    with tempfile.TemporaryDirectory(prefix="moaa-mariadb-") as name:
        folder = pathlib.Path(name)
        user = ["--user=root"] if getpass.getuser() == "root" else []
        subprocess.run(
            [program("mariadb-install-db"), "--no-defaults", "--auth-root-authentication-method=normal",
             "--skip-test-db", f"--datadir={folder}/data", *user],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        (folder / "users.sql").write_text(
            f"CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4;\n"
            f"CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON {DATABASE}.* TO '{USER}'@'%';\n")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = PrivateMariaDB(folder, port, [
            program("mariadbd"), "--no-defaults", *user, f"--datadir={folder}/data",
            f"--socket={folder}/socket", f"--port={port}", "--bind-address=127.0.0.1",
            f"--tmpdir={folder}", f"--init-file={folder}/users.sql", "--skip-name-resolve",
            "--local-infile=1", *options])
        try:
            server.start()
            yield server
        finally:
            server.kill()


def wait(server, process):
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        answer = subprocess.run(
            [*server.client(True), "-e", "SELECT 1"], env=server.environment, capture_output=True)
        if answer.returncode == 0:
            return
        time.sleep(0.1)
    sys.exit("bench: mariadbd does not start:\n" + (server.folder / "server.log").read_text())
