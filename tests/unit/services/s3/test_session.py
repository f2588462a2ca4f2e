"""What sessions of the S3 SDK share, and what they don't."""

import logging

import pytest

from app.services.s3 import session as s3_session

HERE = {"region_name": "eu-west-3", "aws_access_key_id": "mine", "aws_secret_access_key": "secret"}


@pytest.mark.usefixtures("nothing_set")
def test_sessions_share_nothing_but_descriptions() -> None:
    """A session has its own keys and region after others were made, and reads nothing twice."""
    s3_session.load()
    one = s3_session.new_session(**HERE)
    other = s3_session.new_session(**HERE | {"aws_access_key_id": "theirs"})
    assert (one.get_credentials().access_key, one.region_name) == ("mine", "eu-west-3")
    assert other.get_credentials().access_key == "theirs"
    described = [
        session._session.get_component("data_loader").load_service_model("s3", "service-2")
        for session in (one, other)
    ]
    assert described[0] is described[1]


def test_a_broken_profile_does_not_stop_the_start(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told in the log; storage itself says so when it is used."""
    monkeypatch.setenv("AWS_PROFILE", "nobody-has-this")
    caplog.set_level(logging.WARNING, logger="app")  # whatever an earlier test has set
    logging.getLogger("app").addHandler(caplog.handler)
    s3_session.load()
    logging.getLogger("app").removeHandler(caplog.handler)
    assert "ProfileNotFound" in caplog.text
