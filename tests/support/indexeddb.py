"""What a page has stored in IndexedDB. A page shows text before it is stored."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.async_api import Page

_READ: Final = """
  async ([name, text]) => {
    const settled = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const read = async () => {
      const database = await settled(indexedDB.open(name));
      const stores = [...database.objectStoreNames].filter((name) => name !== "shelves");
      const all = (store) => settled(database.transaction(store).objectStore(store).getAll());
      const values = await Promise.all(stores.map(all));
      database.close();
      return values.flat().map((value) => JSON.stringify(value));
    };
    for (;;) {
      const texts = await read();
      if (texts.some((each) => each.includes(text)) || text === "") return texts;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
"""


async def stored_texts(page: Page, database: str = "sparewheel") -> list[str]:
    """Everything that a database holds, as JSON texts."""
    found: list[str] = await page.evaluate(_READ, [database, ""])
    return found


async def until_stored(page: Page, text: str, database: str = "sparewheel") -> None:
    """Wait until a database holds a record with this text."""
    async with asyncio.timeout(60):
        await page.evaluate(_READ, [database, text])
