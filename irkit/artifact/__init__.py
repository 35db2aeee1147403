"""The artifact forms: how parameters appear in a module, and how their bytes reach it."""
