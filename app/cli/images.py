"""`flask images ...`: what an operator does with images from the command line."""

from flask.cli import AppGroup

from app.cli.doctor import doctor
from app.cli.export_import import export, import_
from app.cli.generate import generate
from app.cli.list_show_delete import delete, list_, show
from app.cli.reconcile import reconcile
from app.cli.recut import recut
from app.cli.sign import sign

images = AppGroup("images", help="Draw, list, move, cut out again and repair images; and more.")
for command in (
    generate,
    list_,
    show,
    export,
    import_,
    recut,
    delete,
    doctor,
    reconcile,
    sign,
):
    images.add_command(command)
