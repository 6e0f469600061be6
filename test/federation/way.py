"""way: a way to a server that can be made to swallow what goes over it, or to end."""
import socket
import threading


class Way:
    """Forwards connections to a site; to be known in its place."""

    def __init__(self, site):
        self.site, self.domain = site, site.domain
        self.swallowing = set()
        self.connections = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address, self.port = self.listener.getsockname()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection((self.site.address, self.site.port))
            except OSError:
                return
            self.connections.append((near, far))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self.forward, args=(one, other), daemon=True).start()

    def forward(self, one, other):
        while True:
            try:
                data = one.recv(65536)
                if not data:
                    break
                if one not in self.swallowing:
                    other.sendall(data)
            except OSError:
                break
        if one in self.swallowing:
            return  # nor does the end of one side get to the other
        for connection in (one, other):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def swallow(self):
        """What goes over the connections that there are now arrives nowhere."""
        self.swallowing = {connection for pair in self.connections for connection in pair}

    def swallow_answers(self):
        """The same on the way back only."""
        self.swallowing = {far for _, far in self.connections}

    def cut(self):
        """Ends them."""
        for pair in list(self.connections):
            for connection in pair:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        self.listener.close()
        try:
            with socket.create_connection((self.address, self.port), 0.1):
                pass
        except OSError:
            pass
        self.cut()
