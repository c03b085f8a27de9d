"""What programs ask (接口): /api/v1/, described in /api/openapi.json; the same queries, and so the same scope, as the pages."""
