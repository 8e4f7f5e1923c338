"""The API: the rooms put together over one house, its document, and the process that serves it.

The trap guarded against: a server that writes logs of its own, or believes what a stranger's header says of where
they come from. Every line goes through our log, and an address is the socket's peer.
"""

from __future__ import annotations

import math
import signal
import socket
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException

from gatebook import __version__
from gatebook.api import (
    access_events,
    access_proofs,
    administration,
    applications,
    assignments,
    cosigning,
    demands,
    disclosures,
    gate,
    health,
    holds,
    law_and_ledger,
    notices,
    problem_page,
    problems,
    productions,
    registers,
    reviews,
    trace,
    witness,
)
from gatebook.api.access_metrics import AccessSources
from gatebook.api.connections import WAIT_S, PromptConnection
from gatebook.api.demand_metrics import DemandMetrics
from gatebook.api.guard import Guard
from gatebook.api.hold_metrics import HoldMetrics
from gatebook.api.notice_metrics import NoticeMetrics
from gatebook.api.rate_limits import RateLimits
from gatebook.api.schemas import components, statuses
from gatebook.api.witness_metrics import WitnessMetrics
from gatebook.errors import GatebookError, SettingsError, reason_of
from gatebook.wiring.keeping import keep
from gatebook.wiring.premises import Premises, open_premises, set_up_logging
from gatebook.wiring.witness import witnesses_of

_ROOMS = (
    applications,
    registers,
    reviews,
    law_and_ledger,
    administration,
    assignments,
    access_events,
    access_proofs,
    trace,
    witness,
    holds,
    productions,
    demands,
    notices,
    disclosures,
)
#: What any route under /v1 may answer beside what it is for.
_EVERYWHERE = statuses(401, 403, 408, 413, 422, 429, 500, 503)
_BACKLOG, _LAST_REQUESTS_S = 512, 30


class Api(FastAPI):
    """FastAPI with the schemas and the operations it cannot see in its document."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI 3.1 document."""
        found = super().openapi()
        for room in (gate, access_events):
            found["paths"].setdefault(room.PATH, {}).setdefault("post", room.operation())
        found.setdefault("components", {}).setdefault("schemas", {}).update(components())
        return found


def make_app(premises: Premises) -> FastAPI:
    """Return the app over one house."""
    app = Api(
        title="Gatebook",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would name the host that the asker, or somebody else, wrote
        description="Who rents your machines, how you know, what was decided and why.",
    )
    app.state.premises, app.state.registry = premises, CollectorRegistry()
    app.state.limits = RateLimits(premises.settings, premises.now)
    app.state.access_turns = access_events.turns()
    app.state.registry.register(AccessSources(premises))
    bodies = {access_events.PATH: premises.settings.access_body_mib, demands.PATH: demands.BODY_MIB}
    bodies[notices.PATH] = demands.BODY_MIB  # a court's paper, as a demand's
    app.state.registry.register(WitnessMetrics(premises))
    app.state.registry.register(HoldMetrics(premises))
    app.state.registry.register(DemandMetrics(premises))
    app.state.registry.register(NoticeMetrics(premises))
    app.add_middleware(Guard, registry=app.state.registry, body_mib=bodies, open_kib=cosigning.OPEN_KIB)
    app.add_exception_handler(GatebookError, problems.on_gatebook_error)
    app.add_exception_handler(HTTPException, problems.on_http_error)
    app.add_exception_handler(RequestValidationError, problems.on_validation_error)
    for room in _ROOMS:
        app.include_router(room.router, responses=_EVERYWHERE)
    app.include_router(health.router)
    app.include_router(problem_page.router)
    app.include_router(cosigning.router)
    app.router.routes.insert(0, access_events.ROUTE)
    app.router.routes.insert(0, gate.ROUTE)  # asked most often, and routes are tried in order
    return app


def serve(folder: Path, host: str, port: int) -> None:
    """Serve the API until SIGTERM or SIGINT; a keeper thread publishes the ledger and delivers events."""
    set_up_logging()
    with _listening(host, port) as listener, open_premises(folder) as premises:
        premises.law.fault()  # a house whose law cannot be read is told so here and not by its first applicant
        witnesses_of(premises)  # and so is one that names a witness nobody could ask
        server = uvicorn.Server(_config(make_app(premises)))
        stop = threading.Event()
        keeper = threading.Thread(target=keep, args=(premises, stop), daemon=True)
        keeper.start()
        # The server raises a signal again once its last requests are answered; then the house is closed in order.
        signal.signal(signal.SIGTERM, _leave)
        structlog.get_logger().info("serving", port=listener.getsockname()[1])
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            pass
        finally:
            stop.set()
            keeper.join(timeout=20)


def _leave(_: int, __: FrameType | None) -> None:
    sys.exit(0)


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http=PromptConnection,
        ws="none",
        backlog=_BACKLOG,
        timeout_keep_alive=math.ceil(WAIT_S),
        timeout_graceful_shutdown=_LAST_REQUESTS_S,
    )


def _listening(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises SettingsError with what is wrong with host or port."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        why = reason_of(error)
        message = f"cannot listen on {host} port {port}: {why}; choose another --host or --port"
        raise SettingsError(message) from None
    # asyncio does this only for sockets it makes itself; without it an answer waits 40 ms for the last one's receipt.
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found
