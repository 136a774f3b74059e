"""Changes of open sessions: the agent file, the keys, and the models to ask. If one raises, nothing has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.loading import load_in_slices
from .factory import describe, model_choices, renewed_runner
from .keep import storable

if TYPE_CHECKING:
    from typing import Protocol

    from ..page.calls import HostCalls
    from ..page.commands import Prefer, Skip, Update
    from ..page.results import ModelChoices, SessionCreated
    from ..page.writer import Writer
    from ..session import Session
    from .opened import OpenSessions
    from .tape import Tape
    from .tracing import Tracing

    class Surroundings(Protocol):
        """The part of a worker that changes need."""

        @property
        def sessions(self) -> OpenSessions: ...
        @property
        def calls(self) -> HostCalls: ...
        @property
        def writer(self) -> Writer: ...
        @property
        def tape(self) -> Tape: ...
        @property
        def tracing(self) -> Tracing: ...


async def update(own: Surroundings, params: Update) -> SessionCreated:
    """Another agent file, env or agent. What cannot run is refused at once; a turn that runs ends first."""
    opened = own.sessions.driven(params)
    keep = opened.kept
    async with opened.changing:
        given = {name: getattr(params, name) for name in params.model_fields_set - {"session"}}
        options = opened.params.model_copy(update=given)
        file = await load_in_slices(params.yaml or keep.file)
        fit, check = own.tape.fit(options), own.tracing.check
        runner = renewed_runner(opened.session, opened.name, file, fit, own.calls, check)
        try:
            await opened.idle()
            own.sessions.driven(params)
        except BaseException:
            await runner.toolbox.close()
            raise
        former, team = opened.session.runner, runner.team
        opened.session.renew(runner, team.root if params.agent_name else None)
        opened.params = options
        if params.yaml:
            keep.file = params.yaml
        if recorder := opened.session.recorder:
            await recorder.change(storable(keep.file), team.root)
        await former.toolbox.close()
    created = describe(opened.session, keep)
    created.pop("restored", None)  # the page has it
    return created


async def prefer(own: Surroundings, params: Prefer) -> ModelChoices:
    """Another model first."""
    session = own.sessions.driven(params).session
    session.runner.state.choices.prefer(params.model, session.team)
    return await _chosen(session)


async def skip(own: Surroundings, params: Skip) -> ModelChoices:
    """A model is left out, or no longer."""
    session = own.sessions.driven(params).session
    session.runner.state.choices.skip(params.model, params.skip, session.team)
    return await _chosen(session)


async def _chosen(session: Session) -> ModelChoices:
    chosen = model_choices(session)
    if session.recorder is not None:
        await session.recorder.save_state()
    return chosen
