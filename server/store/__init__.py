"""The database. All SQL of the program is in this folder; functions take a connection and never commit."""

from sqlalchemy import Connection as Transaction

from server.store.database import Store, look
from server.store.database_check import Unusable
from server.store.keys import KeyRing
from server.store.writer import Busy

__all__ = ["Busy", "KeyRing", "Store", "Transaction", "Unusable", "look"]
