"""Where a model looked: heat-maps of vision transformers, and the tests that they must pass before they are believed."""
