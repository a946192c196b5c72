"""Tests: mirror the tree, plus architecture, networks contract, journeys and faults."""
