"""The signed note that its specification gives as an example (C2SP signed-note)."""

from hub.tree.note import Verifier, open_note

VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)


def test_example_note_opens_under_the_example_key() -> None:
    assert open_note(NOTE, [Verifier.parse(VKEY)]).text == "This is an example message.\n"


def test_example_key_is_written_as_it_was_read() -> None:
    assert Verifier.parse(VKEY).vkey == VKEY
