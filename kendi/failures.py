"""The failures that a command answers with one line instead of a traceback."""

from kendi.demo.people import DemoFailed
from kendi.doctor.reading import NotReadable
from kendi.operating.places import NotReached
from kendi.servers import ServersError
from kendi.system import NotUp
from shared.reference import BadReference
from shared.refusal import Refused
from shared.settings import BadSetting

EXPECTED = (BadSetting, BadReference, DemoFailed, NotReadable, NotReached, NotUp, Refused, ServersError)
