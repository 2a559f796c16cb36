"""What the browser and other programs see: pages and the JSON API, assembled from the apps."""
