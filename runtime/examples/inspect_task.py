"""A chain as the model of an evaluation with Inspect (`pip install 'sparewheel[inspect]'`):

inspect eval inspect_task.py --model sparewheel/inspect_agent.yaml

`inspect view` then shows the answers; the metadata of each output name the models that failed before it.
"""

from __future__ import annotations

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import includes


@task
def greeting() -> Task:
    """Whether the answer has a greeting."""
    return Task(dataset=[Sample(input="Say hello.", target="Hello")], scorer=includes())
