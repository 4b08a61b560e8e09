"""The whole contract of a resource whose objects are rows."""

from __future__ import annotations

from tests.contract.documents import DocumentContract
from tests.contract.filtering import FilterContract
from tests.contract.growth import GrowthContract
from tests.contract.ordering import OrderContract
from tests.contract.races import RaceContract
from tests.contract.reading import ReadContract
from tests.contract.rights import RightsContract


class ResourceContract(
    DocumentContract,
    ReadContract,
    FilterContract,
    OrderContract,
    GrowthContract,
    RaceContract,
    RightsContract,
):
    """One data-only class per resource inherits this."""
