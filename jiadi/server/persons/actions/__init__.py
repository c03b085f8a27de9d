"""What is done with persons' data (个人信息办理)."""

from jiadi.server.persons.actions.erasing import Wanted, ask, grant, refuse_request, withdraw
from jiadi.server.persons.actions.revealing import reveal

__all__ = ["Wanted", "ask", "grant", "refuse_request", "reveal", "withdraw"]
