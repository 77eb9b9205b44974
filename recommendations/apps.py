from django.apps import AppConfig


class RecommendationsConfig(AppConfig):
    name = "recommendations"

    def ready(self) -> None:
        from connectors import registry
        from recommendations.erasing import RecommendationEraser

        registry.register_eraser(RecommendationEraser())
