"""An MCP server made with the Python SDK, as its documentation has them; it knows nothing of tokens."""

import sys

from mcp.server.mcpserver import MCPServer
from pydantic import BaseModel

server = MCPServer("library", instructions="Lend nothing.")


class Book(BaseModel):
    title: str
    shelf: int


class Place(BaseModel):
    room: str
    floor: int | None = None


@server.tool()
def find_book(title: str, place: Place | None = None) -> Book:
    """Finds a book by its title."""
    if title == "Nothing":
        raise ValueError("There is no such book.")
    return Book(title=title, shelf=len(title))


server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
