"""The tasks of tests/e2e/test_inspect.py."""

from __future__ import annotations

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageUser, ContentImage, ContentText, GenerateConfig
from inspect_ai.scorer import includes
from inspect_ai.solver import generate, system_message, use_tools
from inspect_ai.tool import Tool, ToolFunction, tool

PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@tool
def weather() -> Tool:
    """A tool of the task."""

    async def execute(city: str) -> str:
        """Look up the weather of a city.

        Args:
            city: The name of the city.
        """
        return f"Sunny in {city}."

    return execute


@task
def plain() -> Task:
    """One question."""
    return Task(dataset=[Sample(input="How is the weather?", target="sunny")], scorer=includes())


@task
def many() -> Task:
    """Eight questions, to which the same answer is right."""
    samples = [Sample(input=f"Question {number}", target="sunny") for number in range(8)]
    return Task(dataset=samples, scorer=includes())


@task
def with_tool() -> Task:
    """A question with a picture; the model has to call a tool of the task."""
    picture = ChatMessageUser(content=[ContentText(text="Where is this?"), ContentImage(image=PIXEL)])
    return Task(
        dataset=[Sample(input=[picture], target="sunny")],
        solver=[system_message("Be short."), use_tools(weather(), tool_choice=ToolFunction("weather")), generate()],
        scorer=includes(),
        config=GenerateConfig(temperature=0.5, max_tokens=50, stop_seqs=["END"], seed=7, reasoning_effort="low"),
    )
