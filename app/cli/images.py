"""`flask images ...`: what an operator does with pictures from the command line."""

from flask.cli import AppGroup

from app.cli.doctor import doctor
from app.cli.reconcile import reconcile
from app.cli.sign import sign

images = AppGroup("images", help="Look after pictures: check the set-up, repair, sign addresses.")
images.add_command(doctor)
images.add_command(reconcile)
images.add_command(sign)
