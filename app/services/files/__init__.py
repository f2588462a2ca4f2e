"""Images, the spool and temporary files on the local disk."""
