"""Calls the MCP server at a URL with a token, in both eras of the protocol, and prints what it got as JSON."""

import asyncio
import json
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


async def call(url: str, token: str, mode: str) -> dict:
    async with httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}) as http:
        async with Client(streamable_http_client(url, http_client=http), mode=mode) as client:
            tools = await client.list_tools()
            forecast = await client.call_tool("get_forecast", {"city": "Rome", "days": 2})
            unknown = await client.call_tool("get_weather", {"city": "Dalas"})
            return {
                "revision": client.protocol_version,
                "tools": [tool.name for tool in tools.tools],
                "forecast": forecast.structured_content,
                "validated": forecast.meta["validated"],
                "unknown": [unknown.is_error, unknown.content[0].text],
            }


async def main(url: str, token: str) -> None:
    print(json.dumps([await call(url, token, mode) for mode in ("auto", "legacy")]))


asyncio.run(main(*sys.argv[1:]))
