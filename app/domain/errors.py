"""The one way the rules of the desk say no."""


class Refusal(Exception):  # noqa: N818 - the desk refuses; it is not broken
    """A rule says no.

    `code` is stable kebab-case and the key of every translation (`illegal-move`), `detail` says in plain
    English why, `facts` carries what the caller needs to do better (`legal=["new"]`). No words of a protocol.
    """

    def __init__(self, code: str, detail: str, **facts: object) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.facts: dict[str, object] = facts
