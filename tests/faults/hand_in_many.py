"""One of several processes that hand in the same mail: `hand_in_many.py <database> <mail> <number> <times>`.

Every other time the mail comes with the stamp of a relay, so that its bytes differ.
"""

import asyncio
import sys
from pathlib import Path

from app.adapters.mail_parser import MailParser
from app.core.clock import now
from app.core.db import UNAVAILABLE, Database, open_pool
from app.desk.inbound_mail.service import take_in
from tests.mails import SUPPORT
from tests.service import SETTINGS


async def insist(database: Database, parser: MailParser, raw: bytes) -> None:
    """As a mail server: until it is taken."""
    while True:
        try:
            await take_in(database, parser, raw, SUPPORT, settings=SETTINGS, actor={}, now=now())
        except UNAVAILABLE:
            await asyncio.sleep(0.1)
        else:
            return


async def main(url: str, raw: bytes, number: str, times: int) -> None:
    """Hand it in so many times at once."""
    parser = MailParser()
    copies = [raw if turn % 2 else f"Received: by relay {number}-{turn}\r\n".encode() + raw for turn in range(times)]
    async with open_pool(SETTINGS, url, size=4) as database:
        await asyncio.gather(*(insist(database, parser, copy) for copy in copies))
    parser.close()


asyncio.run(main(sys.argv[1], Path(sys.argv[2]).read_bytes(), sys.argv[3], int(sys.argv[4])))
