"""Reports of listings and stores: from a brand to a platform, under one right and for one reason."""
