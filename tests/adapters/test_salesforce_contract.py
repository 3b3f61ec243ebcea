"""Salesforce against the contract of every CRM."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.crm_contract import Bench, CrmContract
from tests.adapters.salesforce_org import salesforce_org


class TestSalesforce(CrmContract):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[Bench]:
        with salesforce_org(tmp_path) as org:
            yield org
