"""`flask images ...`: what an operator does with pictures from the command line."""

from flask.cli import AppGroup

from app.cli.doctor import doctor
from app.cli.reconcile import reconcile

images = AppGroup("images", help="Look after pictures: check the set-up, repair what a crash left.")
images.add_command(doctor)
images.add_command(reconcile)
