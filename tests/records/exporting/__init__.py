"""Tests of the formats that trainers read."""
