"""What can go wrong in ways that a user can mend; every message says what was found, what was needed, what to do."""


class PellucidError(Exception):
    """Something could not be done. The command line prints its one line and exits with status 1."""


class BadInput(PellucidError):
    """A file, a folder or a setting is not what was needed."""


class CannotFetch(PellucidError):
    """A named data set could not be downloaded whole."""


class MissingPart(PellucidError):
    """A library that is not installed is needed; the message names the command that installs it."""


class TrainingStopped(PellucidError):
    """Learning could not go on (the loss was no longer a number); the best weights so far are kept."""
