"""The texts of an agent: its instruction, guardrails, commands and skills, with `${...}` replaced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors.validation import shown
from .accepted import NO_DISK
from .agents import CommandConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..errors.validation import Path
    from .agents import AgentConfig, CommandsConfig, GuardrailConfig, InlineSkill, SkillsConfig
    from .expand import Expander
    from .schema import AgentFile


@dataclass(slots=True)
class Texts:
    """Collects the texts of the agents of one file. `documents` are the session's, by path."""

    file: AgentFile
    expander: Expander
    documents: Mapping[str, str]

    def skills(self, agent: AgentConfig, here: Path) -> tuple[InlineSkill, ...]:
        """The skills of the groups that the agent names, then its own, which win."""
        sources: list[tuple[Path, SkillsConfig]] = []
        for index, group in enumerate(agent.use_skills):
            if group in self.file.skills:
                sources.append((("skills", group), self.file.skills[group]))
            else:
                self.expander.problems.add(
                    (*here, "use_skills", index), f'there is no group of skills "{shown(group)}"'
                )
        found: dict[str, InlineSkill] = {}
        for path, source in [*sources, ((*here, "skills"), agent.skills)]:
            for skill in source if isinstance(source, list) else [""] if source else []:
                if isinstance(skill, str):
                    self._not_loaded(skill, path)
                    continue
                if unused := sorted(skill.model_fields_set - {"name", "description", "instructions"}):
                    self.expander.problems.warn(
                        path, f"{', '.join(unused)} of {shown(skill.name)}: the agent itself reads the skill"
                    )
                filled = self.expander.prose(skill.instructions, path)
                found[skill.name] = skill.model_copy(update={"instructions": filled})
        return tuple(found.values())

    def _not_loaded(self, source: str, path: Path) -> None:
        """A source of skills: `local`, a name to choose from it, or a server."""
        advice = "write the skill out: name, description, instructions"
        if "://" in source:
            self.expander.problems.add(path, f"skills of a server are not fetched; {advice}")
        else:
            self.expander.problems.warn(path, f"{NO_DISK}, so no skills are loaded from there; {advice}")

    def instruction(self, agent: AgentConfig, here: Path) -> str:
        """The instruction, then the documents that the agent names, unchanged."""
        named = [agent.instruction_file] if isinstance(agent.instruction_file, str) else agent.instruction_file
        texts = [self.expander.prose(agent.instruction, (*here, "instruction"))]
        texts += [self._document(path, (*here, "instruction_file")) for path in named if path]
        texts += [self._document(path, (*here, "add_prompt_files")) for path in agent.add_prompt_files]
        return "\n\n".join(text for text in texts if text.strip())

    def _document(self, path: str, here: Path) -> str:
        text = self.documents.get(path, self.documents.get(path.removeprefix("./")))
        if text is None:
            self.expander.problems.add(here, f"{NO_DISK}, and the option documents has no {shown(path)}")
        return text or ""

    def guardrails(self, agent: AgentConfig, here: Path) -> tuple[GuardrailConfig, ...]:
        return tuple(
            rail.model_copy(update={"reason": self.expander.prose(rail.reason, (*here, "guardrails", index, "reason"))})
            for index, rail in enumerate(agent.guardrails)
        )

    def commands(self, agent: AgentConfig, here: Path) -> dict[str, CommandConfig]:
        """The commands of the groups that the agent names, then its own, which win."""
        found: dict[str, CommandConfig] = {}
        for index, group in enumerate(agent.use_commands):
            if group in self.file.commands:
                found |= _plain_commands(self.file.commands[group])
            else:
                self.expander.problems.add((*here, "use_commands", index), f'there is no group of commands "{group}"')
        found |= _plain_commands(agent.commands)
        for name, command in found.items():
            if command.agent and command.agent not in self.file.agents:
                self.expander.problems.add((*here, "commands", name), f'there is no agent "{command.agent}"')
            filled = self.expander.prose(command.instruction, (*here, "commands", name))
            found[name] = command.model_copy(update={"instruction": filled})
        return found


def _plain_commands(commands: CommandsConfig) -> dict[str, CommandConfig]:
    """The commands of either notation as one mapping."""
    groups = commands if isinstance(commands, list) else [commands]
    return {
        name: CommandConfig(instruction=command) if isinstance(command, str) else command
        for group in groups
        for name, command in group.items()
    }
