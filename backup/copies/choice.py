"""Which far end the settings name."""

from backup.copies.far_end import CopyError, FarEnd
from backup.models import CopySettings
from core.coded_text import CodedText
from core.encryption import SealError


def far_end(chosen: CopySettings) -> FarEnd:
    """Raises CopyError where its secret cannot be read."""
    # Each brings a large library, which a portal that copies nothing has no use for.
    try:
        if chosen.kind == CopySettings.Kind.S3:
            from backup.copies.s3 import S3

            secret = chosen.unseal("s3_secret")
            return S3(
                chosen.s3_endpoint, chosen.s3_region, chosen.s3_bucket, chosen.s3_folder, chosen.s3_key_id, secret
            )
        from backup.copies.sftp import Sftp

        by_password = chosen.sftp_sign_in == CopySettings.SignIn.PASSWORD
        return Sftp(
            host=chosen.sftp_host, port=chosen.sftp_port, user=chosen.sftp_user, folder=chosen.sftp_folder,
            host_key=chosen.sftp_host_key, password=chosen.unseal("sftp_password") if by_password else "",
            key=chosen.unseal("sftp_key"),
        )  # fmt: skip
    except SealError as error:
        raise CopyError(CodedText("copy.sealed")) from error
