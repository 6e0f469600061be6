#!/usr/bin/python3
"""Messages that come back, many at once."""
import federation_bed as bed
from remote import Remote

COUNT = 12000


class Returns(bed.FederationCase):
    """However many come back at once to one sender: each does, once and in order."""

    loops = 1

    def test_many_at_once(self):
        far = self.add(Remote(receives="silent"))
        here = self.meerkat("here.example", "s2s.outgoing.state_timeout = 4000\n", self.loops)
        here.knows(far)
        here.start()
        here.register("juliet")
        juliet = here.client("juliet")
        for begin in range(0, COUNT, 1000):
            juliet.send("".join(f"<message to='a@far.example' id='r{n}'/>" for n in range(begin, begin + 1000)))
        for n in range(COUNT):
            message = juliet.receive("message")
            self.assertEqual(message.get("id"), f"r{n}")
            self.assertIn(bed.condition(message), ("remote-server-not-found", "remote-server-timeout"))
        juliet.ping()
        self.assertEqual(juliet.others, [])


class ReturnsOfSeveralLoops(Returns):
    loops = 7


if __name__ == "__main__":
    bed.main()
