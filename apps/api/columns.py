"""Model columns that take their time from the store's clock."""

from __future__ import annotations

from typing import Any

from django.db import models

from hexostore import clock


class CreatedAt(models.DateTimeField[Any, Any]):
    """The moment a row was first saved; a value given explicitly is kept."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> object:
        if add and getattr(model_instance, self.attname) is None:
            setattr(model_instance, self.attname, clock.now())
        return getattr(model_instance, self.attname)


class ModifiedAt(models.DateTimeField[Any, Any]):
    """The moment a row was last saved (Tastypie rule T166: every save moves it)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> object:
        if not (add and getattr(model_instance, self.attname) is not None):
            setattr(model_instance, self.attname, clock.now())
        return getattr(model_instance, self.attname)
