"""The build behind `build.py`: from the sources and pinned downloads to the static folder `dist/`. Not shipped."""
